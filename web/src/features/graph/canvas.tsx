import '@xyflow/react/dist/base.css'
import {
  Background,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  useStore,
  type EdgeTypes,
  type NodeTypes,
} from '@xyflow/react'
import { Maximize, Minus, Plus, Wand2 } from 'lucide-react'
import { useEffect, useEffectEvent, useMemo, useRef, type KeyboardEvent, type ReactNode } from 'react'
import { Icon } from '../../ui/icon.tsx'
import { BoxView, RegionView, type BoxNode, type RegionNode } from './boxes.tsx'
import { CanvasContext, type CanvasState } from './canvas-context.ts'
import { carries, opens, type Box, type Drawing, type Wire } from './fold.ts'
import { NODE, pathsOf, type Placed } from './layout.ts'
import { Outside } from './outside.tsx'
import { FAR } from './fit.ts'
import { pace, useFit, type Fit } from './use-fit.ts'
import { useTrace } from './use-trace.ts'
import { walk, type Arrow } from './walk.ts'
import { Arrows, WireView, type WireEdge } from './wire.tsx'
import css from './canvas.module.css'

interface Props {
  drawing: Drawing
  placed: Placed
  roots: string[]
  label: string
  selected: string | undefined
  onSelect: (id: string | undefined) => void
  onOpen: (box: Box) => void
  onUnfold: (system: string) => void
  onMore?: ((ref: string) => void) | undefined
  /** Keys that mean something for the whole graph; true when it was one. */
  onKey?: (key: string, box: Box) => boolean
  /** Relations along which a failure comes, and the boxes that feel it. */
  hot?: Set<string> | undefined
  feltBy?: ((box: Box) => boolean) | undefined
  faint?: ((box: Box) => boolean) | undefined
  line?: string | undefined
  onLine?: (wire: Wire) => void
  onAnew?: () => void
  /** Stands at the lower right. */
  end?: ReactNode
  /** A picture in a page: a click opens what it is on. */
  plain?: boolean
}

const nodeTypes: NodeTypes = { box: BoxView, region: RegionView }
const edgeTypes: EdgeTypes = { wire: WireView }
const never = () => false

/** A graph that is laid out: to look at, to walk with the arrows, to zoom and to move. */
export function Canvas(props: Props) {
  return (
    <ReactFlowProvider>
      <Flow {...props} />
    </ReactFlowProvider>
  )
}

/** How large names are drawn, so that they can be read at the zoom. */
function scaleAt(zoom: number): 'plain' | 'larger' | 'largest' | 'far' {
  if (zoom < FAR) return 'far'
  return zoom < 0.58 ? 'largest' : zoom < 0.85 ? 'larger' : 'plain'
}

function Flow(props: Props) {
  const { drawing, placed, roots, selected, hot, line } = props
  const flow = useReactFlow()
  const frame = useRef<HTMLDivElement>(null)
  const felt = props.feltBy ?? never
  const faint = props.faint ?? never
  const stop =
    (selected !== undefined && placed.at.has(selected) ? selected : undefined) ??
    roots.find((ref) => placed.at.has(ref)) ??
    drawing.boxes[0]?.id

  const nodes = useMemo(() => nodesOf(drawing, placed), [drawing, placed])
  const paths = useMemo(() => pathsOf(drawing, placed), [drawing, placed])
  const faintIds = new Set(drawing.boxes.filter(faint).map((b) => b.id))
  const edges: WireEdge[] = drawing.wires.map((wire) => ({
    id: wire.id,
    type: 'wire',
    source: wire.from,
    target: wire.to,
    focusable: false,
    zIndex: hot && carries(wire, hot) ? 1 : 0,
    data: {
      wire,
      path: paths.get(wire.id) ?? '',
      hot: hot !== undefined && carries(wire, hot),
      chosen: line === wire.id,
      faint: faintIds.has(wire.from) || faintIds.has(wire.to),
    },
  }))
  const scale = useStore((s) => scaleAt(s.transform[2]))
  const ready = useStore((s) => s.width > 0 && s.panZoom !== null)
  const fit = useFit(placed, stop)
  useTrace(frame, drawing.wires)

  const bring = (id: string) => {
    const at = placed.at.get(id)
    const box = frame.current?.getBoundingClientRect()
    if (!at || !box) return
    const { x, y, zoom } = flow.getViewport()
    const [left, top] = [at.x * zoom + x, at.y * zoom + y]
    const inside =
      left >= 0 && top >= 0 && left + NODE.width * zoom <= box.width && top + NODE.height * zoom <= box.height
    if (inside) return
    fit.moved()
    void flow.setCenter(at.x + NODE.width / 2, at.y + NODE.height / 2, { zoom, duration: pace() })
  }
  const show = (id: string) => {
    bring(id)
    frame.current?.querySelector<HTMLElement>(`[data-box="${CSS.escape(id)}"]`)?.focus({ preventScroll: true })
  }
  // What is chosen beside the graph may be anywhere in it.
  const brought = useEffectEvent(() => {
    if (selected !== undefined && ready) bring(selected)
  })
  useEffect(() => {
    // After the view was fitted to a new layout.
    const turn = window.requestAnimationFrame(brought)
    return () => {
      window.cancelAnimationFrame(turn)
    }
  }, [selected, placed])

  const came = useRef<{ at: string; from: string }>(undefined)

  const state: CanvasState = {
    roots,
    selected,
    stop,
    felt,
    faint,
    plain: props.plain ?? false,
    select: props.onSelect,
    open: props.onOpen,
    more: props.onMore,
    unfold: props.onUnfold,
    onKey: (event: KeyboardEvent, box: Box) => {
      if (event.metaKey || event.ctrlKey || event.altKey) return
      if (event.key.startsWith('Arrow')) {
        const next = walk(
          box.id,
          event.key as Arrow,
          placed.at,
          drawing.wires,
          came.current?.at === box.id ? came.current.from : undefined,
        )
        event.preventDefault()
        if (next === undefined) return
        came.current = { at: next, from: box.id }
        props.onSelect(next)
        show(next)
      } else if (event.key === 'Enter') {
        event.preventDefault()
        if (box.members.length > 0) props.onUnfold(opens(box))
        else if (box.node?.found) props.onOpen(box)
      } else if (event.key === '+' && props.onMore && (box.node?.more ?? 0) > 0) {
        event.preventDefault()
        props.onMore(box.ref)
      } else if (props.onKey?.(event.key, box)) event.preventDefault()
    },
  }

  return (
    <CanvasContext value={state}>
      <div
        ref={frame}
        className={css['canvas']}
        data-scale={scale}
        role="group"
        aria-label={props.label}
        aria-busy={!ready}
      >
        <Arrows />
        <ReactFlow
          nodes={nodes}
          edges={edges}
          nodeTypes={nodeTypes}
          edgeTypes={edgeTypes}
          minZoom={0.08}
          maxZoom={2}
          nodesDraggable={false}
          nodesConnectable={false}
          nodesFocusable={false}
          edgesFocusable={false}
          elementsSelectable={false}
          disableKeyboardA11y
          deleteKeyCode={null}
          zoomOnScroll={false}
          zoomOnDoubleClick={false}
          preventScrolling={false}
          zoomActivationKeyCode={['Meta', 'Control']}
          proOptions={{ hideAttribution: true }}
          onMoveStart={(event) => {
            if (event) fit.moved()
          }}
          onPaneClick={() => {
            props.onSelect(undefined)
          }}
          onEdgeClick={(_, edge) => {
            const wire = drawing.wires.find((w) => w.id === edge.id)
            if (wire) props.onLine?.(wire)
          }}
        >
          <Background gap={22} size={1} bgColor="transparent" />
          {!props.plain && <Outside placed={placed} onAll={fit.showAll} />}
        </ReactFlow>
        <Zoom fit={fit} {...(placed.kept && props.onAnew ? { onAnew: props.onAnew } : {})} />
        {props.end && <div className={css['end']}>{props.end}</div>}
      </div>
    </CanvasContext>
  )
}

function nodesOf({ boxes }: Drawing, placed: Placed): (BoxNode | RegionNode)[] {
  const regions = [...placed.regions].map(([system, { x, y, width, height }]): RegionNode => ({
    id: `region ${system}`,
    type: 'region',
    position: { x, y },
    width,
    height,
    zIndex: -1,
    data: { system },
  }))
  const nodes = boxes.flatMap((box): BoxNode[] => {
    const position = placed.at.get(box.id)
    return position ? [{ id: box.id, type: 'box', position, ...NODE, data: { box } }] : []
  })
  return [...regions, ...nodes]
}

function Zoom({ fit, onAnew }: { fit: Fit; onAnew?: () => void }) {
  const flow = useReactFlow()
  const percent = useStore((s) => Math.round(s.transform[2] * 100))
  return (
    <div className={css['zoom']} role="group" aria-label="Zoom">
      <button
        type="button"
        aria-label="Smaller"
        title="Smaller"
        onClick={() => {
          fit.moved()
          void flow.zoomOut({ duration: pace() })
        }}
      >
        <Icon of={Minus} size={14} />
      </button>
      <span className="num">{percent} %</span>
      <button
        type="button"
        aria-label="Larger"
        title="Larger"
        onClick={() => {
          fit.moved()
          void flow.zoomIn({ duration: pace() })
        }}
      >
        <Icon of={Plus} size={14} />
      </button>
      <button type="button" aria-label="Show all" title="Show all" onClick={fit.showAll}>
        <Icon of={Maximize} size={14} />
      </button>
      {onAnew && (
        <button type="button" aria-label="Lay out anew" title="Lay out anew" onClick={onAnew}>
          <Icon of={Wand2} size={14} />
        </button>
      )}
    </div>
  )
}

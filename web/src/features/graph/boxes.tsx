import { Handle, Position, type Node, type NodeProps } from '@xyflow/react'
import { useContext, type MouseEvent } from 'react'
import { page } from '../../lib/paths.ts'
import { useMention } from '../../lib/summaries.ts'
import { count, kindWords } from '../../lib/words.ts'
import { KindGlyph } from '../../ui/kind-glyph.tsx'
import { Status } from '../../ui/status.tsx'
import { CanvasContext } from './canvas-context.ts'
import { CROWD, opens, type Box } from './fold.ts'
import { bunchWords, nameOf } from './words.ts'
import css from './canvas.module.css'

export type BoxNode = Node<{ box: Box }, 'box'>
export type RegionNode = Node<{ system: string }, 'region'>

/** An entity, or a system with what is folded into it. Its name leads to its page; a click says more about it beside the graph. */
export function BoxView({ data: { box } }: NodeProps<BoxNode>) {
  const state = useContext(CanvasContext)
  if (!state) return null
  const { node } = box
  const fold = box.members.length > 0
  const gone = node !== undefined && !node.found
  const classes = [
    css['box'],
    state.roots.includes(box.id) && css['root'],
    state.selected === box.id && css['selected'],
    gone && css['gone'],
    fold && css['fold'],
    state.felt(box) && css['felt'],
    state.faint(box) && css['faint'],
  ]
  const tab = { tabIndex: state.stop === box.id ? 0 : -1, 'data-box': box.id }
  const onKeyDown = (event: React.KeyboardEvent) => {
    state.onKey(event, box)
  }
  const pick = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return
    event.preventDefault()
    if (!state.plain) state.select(box.id)
    else if (!gone) state.open(box)
  }
  const body = (
    <>
      <KindGlyph kind={fold && !box.bunch ? 'system' : box.ref.slice(0, box.ref.indexOf(':'))} />
      <Words box={box} />
      {gone && <Status shape="unknown" label="Not in the catalog" />}
    </>
  )
  return (
    <div className={classes.filter(Boolean).join(' ')}>
      <Handle type="target" position={Position.Left} className={css['handle'] ?? ''} isConnectable={false} />
      {fold || gone ? (
        <button type="button" className={css['name']} {...tab} onClick={pick} onKeyDown={onKeyDown}>
          {body}
        </button>
      ) : (
        <a
          className={css['name']}
          href={page.entity(box.ref)}
          {...tab}
          onClick={pick}
          onDoubleClick={() => {
            state.open(box)
          }}
          onKeyDown={onKeyDown}
        >
          {body}
        </a>
      )}
      <Badge box={box} />
      <Handle type="source" position={Position.Right} className={css['handle'] ?? ''} isConnectable={false} />
    </div>
  )
}

function Words({ box }: { box: Box }) {
  const { node, members, bunch } = box
  const owner = bunch ? bunch.owner : node?.owner
  const fold = members.length > 0 && !bunch
  const { title } = useMention(fold ? box.ref : (owner ?? box.ref))
  const first = bunch ? bunchWords(members) : fold ? title : nameOf(node, box.ref)
  const second = fold
    ? count(members.length, 'entity', 'entities')
    : bunch
      ? owner
        ? title
        : 'of several teams'
      : node && !node.found
        ? 'not in the catalog'
        : owner
          ? title
          : kindWords(node?.kind ?? '').one
  return (
    <span className={css['words']}>
      <span className={`${css['title'] ?? ''} cut`} title={first}>
        {first}
      </span>
      <span className={`${css['second'] ?? ''} cut`}>{second}</span>
    </span>
  )
}

/** How much more there is: an entity's neighbours that are not drawn, or what a system has inside. */
function Badge({ box }: { box: Box }) {
  const state = useContext(CanvasContext)
  if (!state) return null
  if (box.members.length > 0)
    return (
      <button
        type="button"
        tabIndex={-1}
        className={css['badge']}
        aria-label={`${box.bunch && box.members.length > CROWD ? 'List' : 'Unfold'} ${box.bunch ? bunchWords(box.members) : box.ref.slice(box.ref.indexOf('/') + 1)}`}
        title={box.bunch && box.members.length > CROWD ? 'List' : 'Unfold'}
        onClick={() => {
          state.unfold(opens(box))
        }}
      >
        +{box.members.length}
      </button>
    )
  const n = box.node?.more ?? 0
  if (n === 0 || !state.more || !box.node?.found) return null
  return (
    <button
      type="button"
      tabIndex={-1}
      className={css['badge']}
      aria-label={`Show ${String(n)} more around ${nameOf(box.node, box.ref)}`}
      title={`${count(n, 'neighbour')} not shown`}
      onClick={() => {
        state.more?.(box.ref)
      }}
    >
      +{n}
    </button>
  )
}

/** The ground on which a system's entities stand. */
export function RegionView({ data: { system } }: NodeProps<RegionNode>) {
  const { title } = useMention(system)
  return (
    <div className={css['region']}>
      <span className={css['regionName']}>
        <KindGlyph kind="system" size="bare" />
        <span className="cut">{title}</span>
      </span>
    </div>
  )
}

import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useMemo, useState, type ReactNode } from 'react'
import { keys } from '../../lib/keys.ts'
import { page } from '../../lib/paths.ts'
import type { Summary } from '../../lib/summaries.ts'
import { count } from '../../lib/words.ts'
import { RowBones } from '../../ui/bones.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Status } from '../../ui/status.tsx'
import { ErrorStrip } from '../../ui/strip.tsx'
import { say } from '../../ui/toast.tsx'
import { CanvasBones } from './canvas-bones.tsx'
import { Canvas } from './chunks.ts'
import { crowdsFor, roomOf } from './crowds.ts'
import { CROWD, drawing as draw, type Box, type Wire } from './fold.ts'
import { GraphBar } from './graph-bar.tsx'
import { mapReach, relationsShown, toggledIn, type GraphSearch } from './graph-search.ts'
import { GraphTable } from './graph-table.tsx'
import { Inspector } from './inspector.tsx'
import { countsOf, impactOf, stepsFrom, wayTo, type Graph } from './model.ts'
import { NodeFinder } from './node-finder.tsx'
import { RelationList } from './relation-list.tsx'
import { useGraph, type Shown } from './use-graph.ts'
import { useLayout } from './use-layout.ts'
import { usePhone } from '../../lib/widths.ts'
import { bunchWords, captionWords, impactWords, kindsWords, mapCaption, nameOf, oneStepWords } from './words.ts'
import { GraphBones } from './graph-bones.tsx'
import css from './graph.module.css'

interface Props {
  roots: string[]
  /** What is at the middle, in words. */
  name: string
  /** The relations with which one begins. */
  usual: string[]
  search: GraphSearch
  go: (next: GraphSearch, replace?: boolean) => void
  onFocus: (ref: string) => void
  /** A map, of which no entity is the middle: every system is folded, or the others around one's own. */
  map?: 'all' | 'mine'
  /** More to choose, before the rest. */
  bar?: ReactNode
}

/** The neighbourhood of entities: a bar, the graph or its table, what is chosen, and it all in words. */
export function GraphView(props: Props) {
  const { roots, usual, search, go, name } = props
  const narrow = usePhone()
  const view = search.view ?? (narrow ? 'table' : 'graph')
  const relations = relationsShown(search, usual)
  const { map } = props
  const shown = useGraph(roots, map ? { ...search, ...mapReach[map] } : search, relations, map)
  const { graph, error, again, depth, side } = shown
  const impact = useMemo(
    () => (graph && search.impact && !props.map ? impactOf(graph, roots, search.impact) : undefined),
    [graph, search.impact, roots, props.map],
  )
  const felt = (ref: string) => impact?.steps.has(ref) ?? false
  /** Shows an entity by itself, whatever it may be folded into. */
  const take = (ref: string) => {
    go({ ...search, open: [...new Set([...(search.open ?? []), ref])], at: ref })
  }
  return (
    <div className={css['view']} data-stale={shown.stale}>
      <div className={css['top']}>
        <GraphBar search={search} view={view} depth={depth} side={side} go={go} map={map !== undefined}>
          {props.bar}
        </GraphBar>
        <p className={css['answer']} role="status">
          {graph &&
            (props.map ? (
              <span className="muted">
                {props.map === 'mine'
                  ? `${count(roots.length, 'system')} with what your teams own, and what touches ${roots.length === 1 ? 'it' : 'them'}`
                  : `The ${count(roots.length, 'system')} with the most inside, and what runs between them`}
              </span>
            ) : (
              <Answer graph={graph} roots={roots} name={name} search={search} impact={impact} />
            ))}
        </p>
        {graph && view === 'graph' && <NodeFinder nodes={graph.nodes} onPick={take} />}
      </div>
      {error && (
        <ErrorStrip error={error} what="The graph did not load." kept="Your filters are kept." onRetry={again} />
      )}
      {!graph && !error && (view === 'table' ? <RowBones rows={10} /> : <GraphBones />)}
      {graph &&
        (view === 'table' ? (
          <>
            <RelationList search={search} usual={usual} counts={countsOf(graph)} go={go} />
            {graph.nodes.length > roots.length ? (
              <GraphTable graph={graph} roots={roots} label={`Around ${name}`} felt={felt} />
            ) : (
              <Alone {...props} graph={graph} relations={relations} />
            )}
          </>
        ) : (
          <Drawn {...props} shown={shown} graph={graph} relations={relations} impact={impact} onTake={take} />
        ))}
      {graph && view === 'table' && <p className={css['caption']}>{captionOf(graph, roots, shown, 0, map)}</p>}
    </div>
  )
}

function captionOf(graph: Graph, roots: string[], { depth }: Shown, folded: number, map: Props['map']): string {
  if (map) return mapCaption(folded, graph.omitted)
  const shown = graph.nodes.filter((n) => !roots.includes(n.ref)).length
  return captionWords({ shown, folded, omitted: graph.omitted, depth })
}

interface AnswerProps extends Pick<Props, 'roots' | 'name' | 'search'> {
  graph: Graph
  impact: ReturnType<typeof impactOf> | undefined
}

/** The sentence that the page is opened for. */
function Answer({ graph, roots, name, search, impact }: AnswerProps) {
  if (impact && search.impact) {
    const { strong, rest } = impactWords(name, graph, roots, impact, search.impact)
    return (
      <>
        <Status shape={impact.steps.size > 0 ? 'bad' : 'ok'} label={null} />
        <span>
          <b>{strong}</b> {rest}
          {impact.steps.size > 0 && (
            <span className="quiet"> ({kindsWords(graph.nodes.filter((n) => impact.steps.has(n.ref)))})</span>
          )}
        </span>
      </>
    )
  }
  return <span className="muted">{oneStepWords(graph, roots)}</span>
}

interface DrawnProps extends Props {
  shown: Shown
  graph: Graph
  relations: string[]
  impact: ReturnType<typeof impactOf> | undefined
  onTake: (ref: string) => void
}

function Drawn(props: DrawnProps) {
  const { shown, graph, roots, search, go, usual, impact, name, map } = props
  const navigate = useNavigate()
  const [picked, setPicked] = useState<{ line: Wire; at: string | undefined }>()
  const [anew, setAnew] = useState(0)
  const grouped = search.group !== 'off'
  const { open = nothing } = search
  const { base = graph } = shown
  const crowds = useMemo(
    () => (map ? 'none' : crowdsFor(base, roots, grouped, roomOf(window))),
    [base, roots, grouped, map],
  )
  const drawing = useMemo(() => {
    // What was asked for around one entity is there to be seen.
    const there = new Set(base.nodes.map((n) => n.ref))
    const asked = graph.nodes.flatMap((n) => (there.has(n.ref) ? [] : [n.ref]))
    // One's own systems are open on a map of them, where that is no crowd.
    const own = map === 'mine' && graph.nodes.filter((n) => n.system && roots.includes(n.system)).length <= CROWD
    const seen = [...(own ? roots : []), ...open, ...asked]
    return draw(graph, { roots, open: seen, all: map !== undefined, crowds })
  }, [graph, base, roots, open, map, crowds])
  const anchor = search.at ?? roots[0]
  const laid = useLayout(drawing, { grouped, anchor, anew })
  const counts = useMemo(() => countsOf(graph), [graph])
  const line = picked && picked.at === search.at ? picked.line : undefined
  const chosen = drawing.boxes.find((b) => b.id === search.at) ?? drawing.boxes.find((b) => b.id === roots[0])
  const steps = useMemo(() => stepsFrom(graph, roots), [graph, roots])
  const edges = line ? line.edges : chosen?.node && !map ? wayTo(steps, chosen.ref) : []
  const felt = (box: Box) => [box.ref, ...box.members.map((m) => m.ref)].some((ref) => impact?.steps.has(ref))

  const select = (id: string | undefined) => {
    setPicked(undefined)
    go({ ...search, at: id }, true)
  }
  const unfold = (key: string) => {
    // So many that are alike are read as a list.
    const many = drawing.boxes.find((b) => b.id === key && b.bunch && b.members.length > CROWD)
    if (many) select(many.id)
    else go({ ...search, open: toggledIn(search.open, key), at: undefined })
  }
  const onKey = (key: string, box: Box): boolean => {
    switch (key.toLowerCase()) {
      case 'f':
        if (box.members.length > 0 || !box.node?.found) return false
        props.onFocus(box.ref)
        return true
      case 't':
        go({ ...search, view: 'table' })
        return true
      case 'escape':
        document.querySelector<HTMLElement>(`.${css['bar'] ?? ''} [aria-pressed=true]`)?.focus()
        return true
      default:
        return false
    }
  }

  return (
    <>
      <div className={css['frame']}>
        <div className={css['stage']}>
          {graph.nodes.length <= roots.length && graph.edges.length === 0 ? (
            <Alone {...props} />
          ) : (
            <Canvas
              meanwhile={<CanvasBones />}
              drawing={laid.drawing}
              placed={laid.placed}
              roots={map ? nothing : roots}
              label={`Graph of ${name}, ${count(drawing.boxes.length, 'box', 'boxes')}. Arrows walk along its lines, T shows the table.`}
              selected={search.at}
              onSelect={select}
              onOpen={(box) => void navigate({ to: page.entity(box.ref) })}
              onUnfold={unfold}
              onMore={
                search.impact
                  ? undefined
                  : (ref) => {
                      go({ ...search, more: toggledIn(search.more, ref), at: ref })
                    }
              }
              onKey={onKey}
              hot={impact?.edges}
              feltBy={felt}
              line={line?.id}
              onLine={(wire) => {
                setPicked({ line: wire, at: search.at })
              }}
              onAnew={() => {
                setAnew(anew + 1)
              }}
              end={<Save {...props} laid={laid} />}
            />
          )}
        </div>
        <Inspector
          box={chosen}
          edges={edges}
          root={chosen !== undefined && roots.includes(chosen.ref)}
          onFocus={props.onFocus}
          onUnfold={unfold}
          onTake={props.onTake}
        >
          <RelationList search={search} usual={usual} counts={counts} go={go} />
          <Keys />
        </Inspector>
      </div>
      <p className={css['caption']}>
        {captionOf(graph, roots, shown, drawing.folded, map)} Arrows point from the user to what it needs; dashed lines
        are API calls.
      </p>
    </>
  )
}

const nothing: string[] = []

function Save({ name, roots, impact, laid }: DrawnProps & { laid: ReturnType<typeof useLayout> }) {
  const client = useQueryClient()
  const titleOf = (ref: string) =>
    client.getQueryData<Summary | null>(keys.summary(ref))?.title ?? nameOf(undefined, ref)
  const words = (box: Box): [string, string] => {
    if (box.bunch) return [bunchWords(box.members), box.bunch.owner ? titleOf(box.bunch.owner) : 'of several teams']
    if (box.members.length > 0) return [titleOf(box.ref), count(box.members.length, 'entity', 'entities')]
    const owner = box.node?.owner
    return [nameOf(box.node, box.ref), box.node?.found === false ? 'not in the catalog' : owner ? titleOf(owner) : '']
  }
  const save = (format: 'svg' | 'png') => () => {
    import('./picture.ts')
      .then(({ savePicture }) =>
        savePicture(format, `${fileName(name)}-dependencies`, {
          drawing: laid.drawing,
          placed: laid.placed,
          roots,
          hot: impact?.edges,
          words,
          systemName: titleOf,
          title: `What is around ${name}`,
        }),
      )
      .catch(() => {
        say('The picture could not be made. A smaller graph may be.')
      })
  }
  return (
    <>
      <button type="button" onClick={save('svg')} aria-label="Save as SVG">
        SVG
      </button>
      <button type="button" onClick={save('png')} aria-label="Save as PNG">
        PNG
      </button>
    </>
  )
}

const fileName = (name: string) =>
  name
    .toLowerCase()
    .replace(/[^\p{L}\p{N}.]+/gu, '-')
    .replace(/^-|-$/g, '') || 'graph'

/** Nothing around it by what is chosen: says so, and what would show more. */
function Alone({ name, relations, search, go, graph }: DrawnProps | (Props & { graph: Graph; relations: string[] })) {
  const others = graph.relations.filter((r) => !relations.includes(r.type) && r.count > 0)
  const all = () => {
    go({ ...search, rel: [...relations, ...others.map((r) => r.type)] })
  }
  return (
    <div className={css['aside']}>
      <EmptyState
        door="open"
        title={relations.length === 0 ? 'No relation is chosen' : `Nothing is around ${name}`}
        actions={
          others.length > 0 && (
            <button type="button" className={css['link']} onClick={all}>
              Show every relation
            </button>
          )
        }
      >
        <p>
          {others.length > 0
            ? `Relations that are not drawn lead to ${count(
                others.reduce((sum, r) => sum + r.count, 0),
                'more entity',
                'more entities',
              )}.`
            : 'Its file names nothing, and no other file that you may see names it.'}
        </p>
      </EmptyState>
    </div>
  )
}

const keyWords: [string[], string][] = [
  [['←', '→'], 'along a line'],
  [['↵'], 'open'],
  [['F'], 'focus here'],
  [['+'], 'one more step'],
  [['/'], 'find'],
  [['T'], 'table'],
]

function Keys(): ReactNode {
  return (
    <section className={css['keys']} aria-label="Keys">
      <h3>Keys</h3>
      <p>
        {keyWords.map(([combo, words]) => (
          <span key={words}>
            {combo.map((k) => (
              <kbd key={k}>{k}</kbd>
            ))}{' '}
            {words}
          </span>
        ))}
      </p>
    </section>
  )
}

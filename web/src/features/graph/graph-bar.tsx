import { List, Share2 } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button } from '../../ui/button.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { DEPTH, type Depth, type GraphSearch } from './graph-search.ts'
import type { Side } from './model.ts'
import css from './graph.module.css'

interface Props {
  search: GraphSearch
  view: 'graph' | 'table'
  /** What is walked, which follows from the address. */
  depth: Depth
  side: Side | undefined
  /** A map has no middle from which steps are counted. */
  map: boolean
  go: (next: GraphSearch) => void
  /** Stands after the choice of graph or table. */
  children?: ReactNode
}

const depths: Depth[] = [1, 2, 3, 'all']

/** What is shown of a graph, and how. */
export function GraphBar({ search, view, depth, side, map, go, children }: Props) {
  return (
    <div className={css['bar']}>
      <Segmented
        label="Shown as"
        value={view}
        options={[
          { value: 'graph', label: 'Graph', icon: Share2 },
          { value: 'table', label: 'Table', icon: List },
        ]}
        onChange={(next) => {
          go({ ...search, view: next })
        }}
      />
      {children}
      {!map && <Reach search={search} depth={depth} side={side} go={go} />}
      {view === 'graph' && (
        <Button
          size="xs"
          aria-pressed={search.group !== 'off'}
          onClick={() => {
            go({ ...search, group: search.group === 'off' ? undefined : 'off' })
          }}
        >
          <span className={css['tick']} aria-hidden="true" />
          Group by system
        </Button>
      )}
      {!map && <Impact search={search} go={go} />}
    </div>
  )
}

/** How far, and which way. */
function Reach({ search, depth, side, go }: Pick<Props, 'search' | 'depth' | 'side' | 'go'>) {
  return (
    <>
      <Segmented
        label="Direction"
        value={side ?? 'both'}
        options={[
          { value: 'users', label: 'Users' },
          { value: 'both', label: 'Both' },
          { value: 'needs', label: 'Dependencies' },
        ]}
        onChange={(next) => {
          go({ ...search, impact: undefined, side: next === 'both' ? undefined : next })
        }}
      />
      <span className={css['depth']}>
        <span aria-hidden="true">Depth</span>
        <Segmented
          label="Depth"
          value={String(depth)}
          options={depths.map((d) => ({ value: String(d), label: d === 'all' ? 'All' : String(d) }))}
          onChange={(next) => {
            const chosen = depths.find((d) => String(d) === next)
            go({ ...search, impact: undefined, depth: chosen === DEPTH ? undefined : chosen })
          }}
        />
      </span>
    </>
  )
}

/** Marks what fails with it. */
function Impact({ search, go }: Pick<Props, 'search' | 'go'>) {
  const impact = (next: Side) => () => {
    go({ ...search, impact: search.impact === next ? undefined : next, open: undefined })
  }
  return (
    <>
      <Button size="xs" aria-pressed={search.impact === 'users'} onClick={impact('users')}>
        What breaks if this goes
      </Button>
      <Button size="xs" aria-pressed={search.impact === 'needs'} onClick={impact('needs')}>
        What it breaks with
      </Button>
    </>
  )
}

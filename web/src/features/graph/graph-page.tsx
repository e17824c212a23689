import { useQueries, useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useMemo } from 'react'
import { useMyTeams } from '../../lib/my-teams.ts'
import { page } from '../../lib/paths.ts'
import { summaryQuery, useMention } from '../../lib/summaries.ts'
import { useTitle } from '../../lib/title.ts'
import { EmptyState } from '../../ui/empty-state.tsx'
import { LinkButton } from '../../ui/button.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { ErrorStrip } from '../../ui/strip.tsx'
import { largestQuery } from './api.ts'
import { GraphView, NoSystems, PathView } from './chunks.ts'
import { EntityPicker } from './entity-picker.tsx'
import { mapRelations, usualRelations, type GraphPageSearch } from './graph-search.ts'
import { GraphBones } from './graph-bones.tsx'
import css from './graph-page.module.css'

/** The graph of everything: from any entity on, or the way between two. */
export function GraphPage() {
  const search = useSearch({ strict: false }) as GraphPageSearch
  const navigate = useNavigate()
  useTitle('Graph')
  const go = (next: GraphPageSearch, replace = false) =>
    void navigate({ to: page.graph, search: next, replace, resetScroll: false })
  const path = search.from !== undefined || search.to !== undefined
  return (
    <div className={`page ${css['page'] ?? ''}`}>
      <h1 tabIndex={-1}>Graph</h1>
      <div className={css['pickers']}>
        <EntityPicker
          label="Begin at"
          value={path ? search.from : search.ref?.[0]}
          but={search.to}
          onPick={(ref) => {
            go(
              path ? { ...asked(search), from: ref, to: search.to } : { ...kept(search), ref: ref ? [ref] : undefined },
            )
          }}
        />
        <EntityPicker
          label="Find the way to"
          value={search.to}
          but={path ? search.from : search.ref?.[0]}
          onPick={(ref) => {
            const begin = path ? search.from : search.ref?.[0]
            go(ref ? { ...(path ? asked(search) : {}), from: begin, to: ref } : { ref: begin ? [begin] : undefined })
          }}
        />
      </div>
      {path ? (
        <PathView meanwhile={<GraphBones />} search={search} go={go} />
      ) : search.ref ? (
        <From key="from" refs={search.ref} search={search} go={go} />
      ) : (
        <Map search={search} go={go} />
      )}
    </div>
  )
}

/** What of an address holds wherever one begins. */
function kept({ view, side, depth, group, impact }: GraphPageSearch): GraphPageSearch {
  return { view, side, depth, group, impact }
}

/** What of a question for a way holds whatever its ends are. */
function asked({ rel, way }: GraphPageSearch): GraphPageSearch {
  return { rel, way }
}

interface ViewProps {
  search: GraphPageSearch
  go: (next: GraphPageSearch, replace?: boolean) => void
}

function From({ refs, search, go }: ViewProps & { refs: string[] }) {
  // The server begins only at what is there; a link may name more.
  const { pending, roots } = useQueries({
    queries: refs.map((ref) => summaryQuery(ref)),
    combine: (answers) => ({
      pending: answers.some((a) => a.isPending),
      roots: refs.filter((_, i) => answers[i]?.data !== null),
    }),
  })
  const first = roots[0] ?? refs[0] ?? ''
  const { title } = useMention(first)
  const usual = useMemo(() => usualRelations(roots), [roots])
  if (pending) return <GraphBones />
  if (roots.length === 0)
    return (
      <EmptyState
        door="open"
        title={`${title} is not in the catalog`}
        actions={<LinkButton to={page.graph}>Begin at the largest systems</LinkButton>}
      >
        <p>It may have been renamed or removed. Look for it above by a part of its name.</p>
      </EmptyState>
    )
  return (
    <GraphView
      meanwhile={<GraphBones />}
      roots={roots}
      name={roots.length > 1 ? `${title} and ${String(roots.length - 1)} more` : title}
      usual={usual}
      search={search}
      go={(next, replace) => {
        go({ ...next, ref: refs }, replace)
      }}
      onFocus={(ref) => {
        go({ ...kept(search), ref: [ref] })
      }}
    />
  )
}

/** The systems of one's teams, or the largest of all, and what runs between them. */
function Map({ search, go }: ViewProps) {
  const teams = useMyTeams()
  const own = useQuery(largestQuery(teams))
  const mine = search.of !== 'all' && (own.data?.length ?? 0) > 0
  const waits = search.of !== 'all' && teams.length > 0 && own.isPending
  const all = useQuery({ ...largestQuery(), enabled: !mine && !waits })
  const { data: systems, error, refetch } = mine ? own : all
  if (error) return <ErrorStrip error={error} what="The map did not load." onRetry={() => void refetch()} />
  if (!systems || waits) return <GraphBones />
  if (systems.length === 0) return <NoSystems />
  return (
    <GraphView
      meanwhile={<GraphBones />}
      map={mine ? 'mine' : 'all'}
      bar={
        (own.data?.length ?? 0) > 0 && (
          <Segmented
            label="Whose systems"
            value={mine ? 'mine' : 'all'}
            options={[
              { value: 'mine', label: 'My teams' },
              { value: 'all', label: 'Everything' },
            ]}
            onChange={(next) => {
              go({ ...search, of: next === 'all' ? 'all' : undefined, open: undefined, at: undefined })
            }}
          />
        )
      }
      roots={systems}
      name={mine ? 'the systems of your teams' : 'the largest systems'}
      usual={mapRelations}
      search={search}
      go={go}
      onFocus={(ref) => {
        go({ ...kept(search), ref: [ref] })
      }}
    />
  )
}

import { queryOptions, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { request } from '../../lib/api.ts'
import { refOf, relationsOf, type Entity } from '../../lib/entity.ts'
import { keys } from '../../lib/keys.ts'
import type { FacetAnswer } from '../../lib/kinds.ts'
import { api } from '../../lib/paths.ts'
import { count, number } from '../../lib/words.ts'
import { EntityLink, EntityName } from '../../ui/entity-link.tsx'
import { Section } from '../../ui/section.tsx'
import { ErrorStrip } from '../../ui/strip.tsx'
import { graphQuery } from '../graph/api.ts'
import { ALL } from '../graph/graph-search.ts'
import { above, below, parentsOf, refsIn, teamsIn, type Branch } from './team-tree.ts'
import css from './hierarchy.module.css'

const childOf = ['childOf']
const TEAMS = 200

/** Where a team stands: what is above it, and what is below, each with its people. */
export function Hierarchy({ entity }: { entity: Entity }) {
  const ref = refOf(entity)
  const related = relationsOf(entity, 'childOf').length + relationsOf(entity, 'parentOf').length > 0
  const ask = { roots: [ref], depth: ALL, relations: childOf, limit: TEAMS }
  const up = useQuery({ ...graphQuery({ ...ask, direction: 'downstream' }), enabled: related })
  const down = useQuery({ ...graphQuery({ ...ask, direction: 'upstream' }), enabled: related })
  const tops = up.data ? above(up.data, ref) : []
  const branches = down.data ? below(down.data, ref) : []
  const all = [...new Set([...tops, ref, ...refsIn(branches)])]
  const people = useQuery(peopleQuery(all, up.isSuccess && down.isSuccess))
  const [whole, setWhole] = useState(false)
  if (!related) return null
  const others = up.data ? parentsOf(up.data.edges, ref).slice(1) : []
  const teams = teamsIn(branches)
  const left = down.data?.omitted ?? 0
  const failed = [up, down].filter((q) => q.isLoadingError)
  return (
    <Section title="Where it stands" note={teams > 0 ? `${count(teams, 'team')} below it` : undefined}>
      {failed[0] ? (
        <ErrorStrip
          error={failed[0].error}
          what="The teams around it did not load."
          onRetry={() => {
            for (const query of failed) void query.refetch()
          }}
        />
      ) : (
        <div className={css['frame']} aria-busy={!down.data || !up.data}>
          {up.data && down.data && (
            <Chain tops={tops} self={ref} people={people.data}>
              <Branches branches={branches} people={people.data} whole={whole} />
            </Chain>
          )}
        </div>
      )}
      {!whole && teams > SHOWN && (
        <button
          type="button"
          className={`${css['more'] ?? ''} link`}
          onClick={() => {
            setWhole(true)
          }}
        >
          Show every team below
        </button>
      )}
      {others.length > 0 && (
        <p className="quiet small">
          Also under{' '}
          {others.map((other, i) => (
            <span key={other}>
              {i > 0 && ', '}
              <EntityName entityRef={other} />
            </span>
          ))}
        </p>
      )}
      {left > 0 && <p className="quiet small">{count(left, 'more team')} below these are not drawn.</p>}
    </Section>
  )
}

/** Up to so many teams are drawn with what is below them; of more only the next level. */
const SHOWN = 24

type People = Map<string, number> | undefined

interface ChainProps {
  tops: string[]
  self: string
  people: People
  children: React.ReactNode
}

/** Each team above stands one step to the left of the next. */
function Chain({ tops, self, people, children }: ChainProps) {
  const [first, ...rest] = tops
  if (first === undefined)
    return (
      <ul className={css['tree']}>
        <li>
          <Team entityRef={self} people={people} self />
          {children}
        </li>
      </ul>
    )
  return (
    <ul className={css['tree']}>
      <li>
        <Team entityRef={first} people={people} />
        <Chain tops={rest} self={self} people={people}>
          {children}
        </Chain>
      </li>
    </ul>
  )
}

function Branches({ branches, people, whole }: { branches: Branch[]; people: People; whole: boolean }) {
  if (branches.length === 0) return null
  const deep = whole || teamsIn(branches) <= SHOWN
  return (
    <ul className={css['tree']}>
      {branches.map((branch) => (
        <li key={branch.ref}>
          <Team
            entityRef={branch.ref}
            people={people}
            note={
              branch.circle
                ? 'a circle'
                : !deep && branch.below.length > 0
                  ? `${count(teamsIn(branch.below), 'team')} below`
                  : undefined
            }
          />
          {deep && <Branches branches={branch.below} people={people} whole />}
        </li>
      ))}
    </ul>
  )
}

interface TeamProps {
  entityRef: string
  people: People
  self?: boolean
  note?: string | undefined
}

function Team({ entityRef, people, self = false, note }: TeamProps) {
  const n = people?.get(entityRef)
  return (
    <span
      className={`${css['team'] ?? ''} ${self ? (css['self'] ?? '') : ''}`}
      aria-current={self ? 'true' : undefined}
    >
      <EntityLink entityRef={entityRef} />
      {note && <span className="quiet small">{note}</span>}
      <span className={`${css['n'] ?? ''} num`} title={n === 0 ? 'Nobody is in it directly' : undefined}>
        {n === undefined ? '' : n === 0 ? '–' : peopleWords(n)}
      </span>
    </span>
  )
}

const peopleWords = (n: number) => `${number(n)} ${n === 1 ? 'person' : 'people'}`

/** How many people say that they are in each of these teams themselves. */
function peopleQuery(teams: string[], ready: boolean) {
  return queryOptions({
    queryKey: keys.facet({ people: teams }),
    enabled: ready && teams.length > 0,
    queryFn: async ({ signal }) => {
      const facet = 'relations.memberOf'
      const body = { facets: [facet], query: { $all: [{ kind: 'user' }, { [facet]: { $in: teams } }] } }
      const answer = await request<FacetAnswer>(api.facets, { method: 'POST', body, signal })
      const counts = new Map((answer.facets[facet] ?? []).map((v) => [v.value.toLowerCase(), v.count]))
      return new Map(teams.map((team) => [team, counts.get(team) ?? 0]))
    },
  })
}

/** The teams of a person, each with what is above it. */
export function TeamsOf({ entity }: { entity: Entity }) {
  const teams = relationsOf(entity, 'memberOf').sort()
  const ask = { roots: teams.slice(0, MOST_TEAMS), depth: ALL, relations: childOf, limit: TEAMS }
  const { data } = useQuery(graphQuery({ ...ask, direction: 'downstream' }))
  if (teams.length === 0)
    return (
      <Section title="Teams">
        <p className="muted">In no team, as far as the catalog knows.</p>
      </Section>
    )
  return (
    <Section title="Teams" note={count(teams.length, 'team')}>
      <ul className="hairlines">
        {teams.map((team) => (
          <li key={team} className={css['line']}>
            <EntityLink entityRef={team} />
            <span className={css['way']}>
              {(data ? above(data, team) : []).map((top, i) => (
                <span key={top}>
                  {i > 0 && ' › '}
                  <EntityName entityRef={top} />
                </span>
              ))}
            </span>
          </li>
        ))}
      </ul>
    </Section>
  )
}

/** The server begins at no more. */
const MOST_TEAMS = 50

import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { parseRef, refOf, relationCount, relationsOf, type Entity } from '../../lib/entity.ts'
import { ownedQuery } from '../../lib/owned.ts'
import { byKind, count, listed, number } from '../../lib/words.ts'
import { RowBones } from '../../ui/bones.tsx'
import { MentionList } from '../../ui/mention-list.tsx'
import { Section } from '../../ui/section.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { ErrorStrip } from '../../ui/strip.tsx'
import { peopleQuery } from './people.ts'
import { useOverviewSearch } from './use-overview-search.ts'
import css from './owns.module.css'

/** Who is in a team, and in the teams below it. */
export function Members({ entity }: { entity: Entity }) {
  const [{ members }, choose] = useOverviewSearch()
  const ref = refOf(entity)
  const teams = relationsOf(entity, 'parentOf').length > 0
  const wide = teams && members === 'teams'
  // The answer names the teams below; the part about what they own asks it too.
  const answer = useQuery({ ...ownedQuery([ref], { below: true, limit: 12 }), enabled: teams })
  const below = answer.data
  const all = useInfiniteQuery({ ...peopleQuery(below?.owners ?? []), enabled: teams && below !== undefined })
  const direct = relationCount(entity, 'hasMember')
  const everybody = all.data?.pages[0]?.total
  return (
    <Section title="Members" note={note(wide ? everybody : direct)}>
      {teams && (
        <div className={css['whose']}>
          <Segmented
            label="Of which teams"
            value={wide ? 'teams' : 'own'}
            options={[
              { value: 'own', label: `Directly ${number(direct)}` },
              {
                value: 'teams',
                label: `With the teams below${everybody === undefined ? '' : ` ${number(everybody)}`}`,
              },
            ]}
            onChange={(value) => {
              choose({ members: value === 'teams' ? 'teams' : undefined })
            }}
          />
        </div>
      )}
      {wide && answer.isLoadingError ? (
        <ErrorStrip
          error={answer.error}
          what="The teams below it did not load."
          onRetry={() => void answer.refetch()}
        />
      ) : wide ? (
        <People
          teams={below?.owners ?? [ref]}
          ready={below !== undefined}
          told={(entity) => teamsOf(entity, below?.owners ?? [])}
        />
      ) : direct === 0 ? (
        <p className="muted">No person says that they are in this team.</p>
      ) : entity.portico?.relations?.['hasMember'] === undefined ? (
        <MentionList refs={relationsOf(entity, 'hasMember').sort(byKind)} owner={false} />
      ) : (
        <People teams={[ref]} ready />
      )}
    </Section>
  )
}

const note = (n: number | undefined) => (n === undefined || n === 0 ? undefined : count(n, 'person', 'people'))

/** The teams among these that somebody is in, by name. */
function teamsOf(entity: Entity, teams: string[]): string {
  return listed(
    relationsOf(entity, 'memberOf')
      .filter((t) => teams.includes(t))
      .map((t) => parseRef(t).name),
  )
}

interface PeopleProps {
  teams: string[]
  ready: boolean
  /** What stands beside a person. */
  told?: (entity: Entity) => string
}

/** People of teams by name, a page at a time. */
function People({ teams, ready, told }: PeopleProps) {
  const people = useInfiniteQuery({ ...peopleQuery(teams), enabled: ready })
  if (people.error && !people.data)
    return <ErrorStrip error={people.error} what="The people did not load." onRetry={() => void people.refetch()} />
  if (!people.data) return <RowBones rows={12} />
  const list = people.data.pages.flatMap((p) => p.items)
  if (list.length === 0) return <p className="muted">No person says that they are in one of these teams.</p>
  const byRef = new Map(list.map((e) => [refOf(e), e]))
  const left = (people.data.pages[0]?.total ?? 0) - byRef.size
  return (
    <>
      <MentionList
        refs={[...byRef.keys()]}
        first={byRef.size}
        owner={false}
        {...(told ? { note: (ref: string) => told(byRef.get(ref) as Entity) } : {})}
      />
      {people.hasNextPage && left > 0 && (
        <button
          type="button"
          className={`${css['more'] ?? ''} link`}
          aria-busy={people.isFetchingNextPage}
          onClick={() => void people.fetchNextPage()}
        >
          Show more of the {number(left)} left
        </button>
      )}
    </>
  )
}

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { refOf, relationCount, relationsOf, type Entity } from '../../lib/entity.ts'
import { ownedQuery, type Owned } from '../../lib/owned.ts'
import { page } from '../../lib/paths.ts'
import { capital, count, kindWords, number } from '../../lib/words.ts'
import { RowBones } from '../../ui/bones.tsx'
import { Section } from '../../ui/section.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { Standings } from '../../ui/standings.tsx'
import { ErrorStrip } from '../../ui/strip.tsx'
import { addressable, kindCount, kindsOf, stateSentence, sumOf } from './owns-words.ts'
import { useOverviewSearch } from './use-overview-search.ts'
import css from './owns.module.css'

/** As many rows as are drawn; the catalog has them all. */
const ROWS = 12

/** What somebody owns: how much of each kind, what of it needs them, and the first of it, the worst first. */
export function Owns({ entity }: { entity: Entity }) {
  const [{ owns, kind }, choose] = useOverviewSearch()
  const ref = refOf(entity)
  const person = entity.kind.toLowerCase() === 'user'
  const teams = relationsOf(entity, person ? 'memberOf' : 'parentOf').length > 0
  // Who owns nothing alone is opened with what the teams own.
  const first = relationCount(entity, 'ownerOf') === 0 ? 'teams' : 'own'
  const wide = teams && (owns ?? first) === 'teams'
  // A person's teams own for themselves; what stands below them is theirs.
  const theirs = useQuery({
    ...ownedQuery(
      person ? relationsOf(entity, 'memberOf').slice(0, MOST_TEAMS) : [ref],
      ask(!person, wide ? kind : undefined),
    ),
    enabled: teams,
  })
  const own = useQuery(ownedQuery([ref], ask(false, wide ? undefined : kind)))
  const shown = wide ? theirs : own
  const { data, error } = shown
  const owners = wide ? (data?.owners ?? relationsOf(entity, 'memberOf')) : [ref]
  const labels = person ? ['Themselves', 'Their teams'] : ['Directly', 'With the teams below']
  return (
    <Section title="Owns" note={data && note(data, wide ? owners.length : 0)}>
      {teams && (
        <div className={css['whose']}>
          <Segmented
            label="Whose"
            value={wide ? 'teams' : 'own'}
            options={[
              { value: 'own', label: labelled(labels[0], own.data) },
              { value: 'teams', label: labelled(labels[1], theirs.data) },
            ]}
            onChange={(value) => {
              choose({ owns: value, kind: undefined })
            }}
          />
        </div>
      )}
      {error && !data ? (
        <ErrorStrip error={error} what="What it owns did not load." onRetry={() => void shown.refetch()} />
      ) : data ? (
        <Body data={data} owners={owners} kind={kind} wide={wide} person={person}>
          <Kinds
            data={data}
            kind={kind}
            onChange={(next) => {
              choose({ kind: next })
            }}
          />
        </Body>
      ) : (
        <RowBones rows={Math.min(ROWS, Math.max(1, relationCount(entity, 'ownerOf'))) + 2} />
      )}
    </Section>
  )
}

/** The server takes no more owners at once. */
const MOST_TEAMS = 100

const ask = (below: boolean, kind: string | undefined) => ({ below, kind, limit: ROWS })

const labelled = (label: string | undefined, owned: Owned | undefined) =>
  `${label ?? ''}${owned ? ` ${number(owned.total)}` : ''}`

function note(owned: Owned, teams: number): string {
  const all = count(owned.total, 'entity', 'entities')
  return teams > 0 ? `${all} of ${count(teams, 'team')}${owned.ownersCut ? ' and more' : ''}` : all
}

interface BodyProps {
  data: Owned
  owners: string[]
  kind: string | undefined
  wide: boolean
  person: boolean
  /** The choice of a kind. */
  children: ReactNode
}

function Body({ data, owners, kind, wide, person, children }: BodyProps) {
  if (data.total === 0)
    return (
      <p className="muted">
        {wide
          ? `${person ? 'Their teams own' : 'Neither it nor a team below owns'} ${person ? 'nothing' : 'anything'} in the catalog.`
          : `${person ? 'No file names this person as its owner' : 'It owns nothing in the catalog itself'}.`}
      </p>
    )
  const n = sumOf(data, kind)
  return (
    <>
      {children}
      {n === 0 ? (
        <p className={`${css['says'] ?? ''} muted`} role="status">
          No {kindWords(kind ?? '').many} among them.
        </p>
      ) : (
        <>
          <p className={`${css['says'] ?? ''} muted`}>
            {stateSentence(data, n)}
            {data.deprecated > 0 && (
              <> {data.deprecated === 1 ? 'One is deprecated.' : `${number(data.deprecated)} are deprecated.`}</>
            )}
          </p>
          <Standings items={data.items} owner={wide && owners.length > 1} />
          <Ways data={data} owners={addressable(owners, data.ownersCut)} kind={kind} />
        </>
      )}
    </>
  )
}

interface KindsProps {
  data: Owned
  kind: string | undefined
  onChange: (kind: string | undefined) => void
}

/** How much of each kind; choosing one leaves the others out. */
function Kinds({ data, kind, onChange }: KindsProps) {
  const kinds = kindsOf(data)
  if (kinds.length < 2 && (kind === undefined || kinds.includes(kind))) return null
  const one = (value: string | undefined, label: string, n: number) => (
    <button
      key={value ?? ''}
      type="button"
      aria-pressed={kind === value}
      onClick={() => {
        onChange(value)
      }}
    >
      {label} <span className="num">{number(n)}</span>
    </button>
  )
  return (
    <div className={css['kinds']} role="group" aria-label="Kind">
      {one(undefined, 'All', data.total)}
      {kinds.map((k) => one(k, capital(kindWords(k).tab), data.kinds[k] ?? 0))}
    </div>
  )
}

/** On to the catalog, which has them all and shows one kind at a time. */
function Ways({ data, owners, kind }: { data: Owned; owners: string[] | undefined; kind: string | undefined }) {
  const left = sumOf(data, kind) - data.items.length
  if (!owners)
    return left > 0 ? (
      <p className={`${css['ways'] ?? ''} quiet`}>
        And {number(left)} more. The teams are too many for one list of the catalog; each has its own page.
      </p>
    ) : null
  const kinds = kind === undefined ? kindsOf(data) : [kind]
  return (
    <p className={`${css['ways'] ?? ''} muted`}>
      {left > 0 && `And ${number(left)} more. `}In the catalog:{' '}
      {kinds.map((k, i) => (
        <span key={k}>
          {i > 0 && ', '}
          <Link className="link" to={page.catalog} search={{ kind: k, owner: owners }}>
            {kindCount(k, data.kinds[k] ?? 0)}
          </Link>
        </span>
      ))}
      {data.deprecated > 0 && kinds.length === 1 && (
        <>
          {', '}
          <Link
            className="link"
            to={page.catalog}
            search={{ kind: kinds[0] ?? 'component', owner: owners, lifecycle: ['deprecated'] }}
          >
            {number(data.deprecated)} deprecated
          </Link>
        </>
      )}
      .
    </p>
  )
}

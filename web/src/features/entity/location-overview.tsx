import { queryOptions, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ArrowUpRight } from 'lucide-react'
import { request } from '../../lib/api.ts'
import { hasGeneratedName, refOf, type Entity } from '../../lib/entity.ts'
import { problemsQuery, sourcesQuery } from '../../lib/ingestion.ts'
import { keys } from '../../lib/keys.ts'
import type { FacetAnswer } from '../../lib/kinds.ts'
import { api, page } from '../../lib/paths.ts'
import type { Source } from '../../lib/portico.ts'
import { allowed, useSession } from '../../lib/session.ts'
import { httpUrl } from '../../lib/url.ts'
import { asSentence, count, number } from '../../lib/words.ts'
import { RowBones } from '../../ui/bones.tsx'
import { Fault } from '../../ui/fault.tsx'
import { Fresh } from '../../ui/fresh.tsx'
import { Icon } from '../../ui/icon.tsx'
import { MentionList } from '../../ui/mention-list.tsx'
import { Section } from '../../ui/section.tsx'
import { Health, type StatusShape } from '../../ui/status.tsx'
import { ErrorStrip, Strip } from '../../ui/strip.tsx'
import { errorsIn, faultsNote } from './location-words.ts'
import { leadsThere, leadsTo, locationsOf, originBody, yieldedBody, type Target } from './location-targets.ts'
import css from './location.module.css'

/** Where it points, whether that is read, what is wrong there and what came of it. */
export function LocationOverview({ entity }: { entity: Entity }) {
  const ref = refOf(entity)
  const operator = allowed(useSession(), 'catalog.ingestion.read')
  const source = useQuery({ ...sourcesQuery, enabled: operator }).data?.find((s) => s.entityRef === ref)
  return (
    <>
      {source && <State source={source} />}
      <Targets entity={entity} operator={operator} />
      {source && <Faults source={source} />}
      <Yields entity={entity} />
    </>
  )
}

const BY_FILE = 'metadata.annotations.backstage.io/managed-by-location'
/** Of how many files it is asked what they declare. */
const MOST = 100

function declaredQuery(locations: string[]) {
  return queryOptions({
    queryKey: keys.facet(['declared in', locations]),
    queryFn: async ({ signal }) => {
      const body = { facets: [BY_FILE], query: { [BY_FILE]: { $in: locations } } }
      const { facets } = await request<FacetAnswer>(api.facets, { method: 'POST', body, signal })
      return new Map(facets[BY_FILE]?.map(({ value, count: n }) => [value.toLowerCase(), n]))
    },
    enabled: locations.length > 0,
  })
}

/** Each target with how many entities it declares, and for operators how many errors there are in it. */
function Targets({ entity, operator }: { entity: Entity; operator: boolean }) {
  const targets = leadsTo(entity)
  const asked = locationsOf(entity).slice(0, MOST)
  const { data: declared } = useQuery(declaredQuery(asked))
  const { data: problems } = useQuery({ ...problemsQuery, enabled: operator })
  const faultsOf = (target: Target) =>
    problems?.errors.filter((p) => p.level === 'error' && leadsThere(target, p.location)).length
  const faults = problems && targets.reduce((sum, target) => sum + (faultsOf(target) ?? 0), 0)
  const note = [count(targets.length, 'target'), problems && faults !== undefined ? errorsIn(problems, faults) : '']
  return (
    <Section title="What it points at" note={targets.length > 0 ? note.filter(Boolean).join(', ') : undefined}>
      {targets.length === 0 ? (
        <p className="muted">
          It names no target. Add <span className="mono">spec.targets</span> to its file.
        </p>
      ) : (
        <ul className="hairlines">
          {targets.map((target) => {
            const wrong = faultsOf(target) ?? 0
            const n = asked.includes(target.location) ? (declared?.get(target.location.toLowerCase()) ?? 0) : undefined
            return (
              <li key={target.written} className={css['target']}>
                <TargetLink target={target} />
                {wrong > 0 && (
                  <Link to={page.problems}>
                    <Health shape="bad">{problems && errorsIn(problems, wrong)}</Health>
                  </Link>
                )}
                <span className={`${css['yield'] ?? ''} quiet small`}>
                  {target.pattern
                    ? 'a pattern'
                    : declared && n !== undefined && (n === 0 ? 'nothing' : count(n, 'entity', 'entities'))}
                </span>
              </li>
            )
          })}
        </ul>
      )}
    </Section>
  )
}

/** The way to the file, where it has an address. */
function TargetLink({ target: { written, location, pattern } }: { target: Target }) {
  const href = pattern ? undefined : httpUrl(location.slice(location.indexOf(':') + 1))
  if (!href) return <span className={`${css['path'] ?? ''} mono small`}>{written}</span>
  return (
    <a className={`${css['path'] ?? ''} mono small`} href={href} target="_blank" rel="noreferrer noopener">
      {written} <Icon of={ArrowUpRight} size={12} />
    </a>
  )
}

const shapes: Record<Source['state'], StatusShape> = {
  current: 'ok',
  reading: 'run',
  degraded: 'warn',
  failed: 'bad',
  held: 'warn',
}

function State({ source }: { source: Source }) {
  const { state, message, lastSuccessAt, entities, units } = source
  return (
    <div className={css['state']}>
      <Strip shape={shapes[state]}>
        {state === 'current'
          ? `${count(units, 'file')}, ${count(entities, 'entity')}.`
          : state === 'reading'
            ? 'It is being read.'
            : asSentence(message)}{' '}
        {lastSuccessAt ? (
          <>
            Read <Fresh at={lastSuccessAt} />.
          </>
        ) : (
          state !== 'reading' && 'It was never read.'
        )}
      </Strip>
    </div>
  )
}

const SHOWN = 10

function Faults({ source }: { source: Source }) {
  const { data } = useQuery({ ...problemsQuery, enabled: source.problems > 0 })
  const faults = data?.errors.filter((p) => p.sourceId === source.id) ?? []
  if (faults.length === 0) return null
  return (
    <Section title="What is wrong in it" note={faultsNote(faults, source.problems)}>
      <div className={css['faults']}>
        {faults.slice(0, SHOWN).map((problem) => (
          <Fault key={problem.id} problem={problem} />
        ))}
      </div>
    </Section>
  )
}

function yieldedQuery(body: object | undefined) {
  return queryOptions({
    queryKey: keys.list(['yielded', body]),
    queryFn: ({ signal }) =>
      request<{ items: Entity[]; totalItems: number }>(api.query, { method: 'POST', body, signal }),
    enabled: body !== undefined,
  })
}

function Yields({ entity }: { entity: Entity }) {
  const ref = refOf(entity)
  const body = yieldedBody(entity, hasGeneratedName(entity.kind, entity.metadata.name))
  const { data, error, isLoading, refetch } = useQuery(yieldedQuery(body))
  const whole = useQuery(yieldedQuery(originBody(entity))).data?.totalItems ?? 0
  if (body === undefined) return null
  const refs = (data?.items ?? []).map(refOf).filter((other) => other !== ref)
  const total = (data?.totalItems ?? 0) - ((data?.items.length ?? 0) - refs.length)
  return (
    <Section title="What it yields" note={total > 0 ? yieldNote(total, whole) : undefined}>
      {error ? (
        <ErrorStrip error={error} what="What it yields did not load." onRetry={() => void refetch()} />
      ) : isLoading ? (
        <RowBones rows={4} />
      ) : refs.length === 0 ? (
        <p className="muted">Nothing of what it points at is in the catalog.</p>
      ) : (
        <MentionList refs={refs} first={20} />
      )}
      {refs.length > 0 && total > refs.length && (
        <p className="quiet small">The first {number(refs.length)} of them.</p>
      )}
    </Section>
  )
}

/** What its files declare, and what comes from the source to which it belongs where that is more: they may lead on. */
function yieldNote(here: number, whole: number): string {
  const words = count(here, 'entity', 'entities')
  return whole > here + 1 ? `${words} in these files, ${number(whole)} in the whole source` : words
}

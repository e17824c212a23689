import { queryOptions, useQuery } from '@tanstack/react-query'
import { ArrowUpRight } from 'lucide-react'
import { request } from '../../lib/api.ts'
import { hasGeneratedName, refOf, type Entity } from '../../lib/entity.ts'
import { problemsQuery, sourcesQuery } from '../../lib/ingestion.ts'
import { keys } from '../../lib/keys.ts'
import { api } from '../../lib/paths.ts'
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
import type { StatusShape } from '../../ui/status.tsx'
import { ErrorStrip, Strip } from '../../ui/strip.tsx'
import { targetsOf, yieldedBody } from './location-targets.ts'
import css from './location.module.css'

/** Where it points, whether that is read, what is wrong there and what came of it. */
export function LocationOverview({ entity }: { entity: Entity }) {
  const ref = refOf(entity)
  const operator = allowed(useSession(), 'catalog.ingestion.read')
  const source = useQuery({ ...sourcesQuery, enabled: operator }).data?.find((s) => s.entityRef === ref)
  const targets = targetsOf(entity)
  return (
    <>
      {source && <State source={source} />}
      <Section title="What it points at" note={targets.length > 1 ? count(targets.length, 'target') : undefined}>
        {targets.length === 0 ? (
          <p className="muted">
            It names no target. Add <span className="mono">spec.targets</span> to its file.
          </p>
        ) : (
          <ul className="hairlines">
            {targets.map((target) => (
              <li key={target} className={`${css['target'] ?? ''} mono small`}>
                {httpUrl(target) ? (
                  <a href={target} target="_blank" rel="noreferrer noopener">
                    {target} <Icon of={ArrowUpRight} size={12} />
                  </a>
                ) : (
                  target
                )}
              </li>
            ))}
          </ul>
        )}
      </Section>
      {source && <Faults source={source} />}
      <Yields entity={entity} />
    </>
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
    <Section title="What is wrong in it" note={count(faults.length, 'error')}>
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
  if (body === undefined) return null
  const refs = (data?.items ?? []).map(refOf).filter((other) => other !== ref)
  const total = (data?.totalItems ?? 0) - ((data?.items.length ?? 0) - refs.length)
  return (
    <Section title="What it yields" note={total > 0 ? count(total, 'entity') : undefined}>
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

import { useQuery } from '@tanstack/react-query'
import { Undo2 } from 'lucide-react'
import { exact, locationTarget, place } from '../../lib/format.ts'
import { sourcesQuery } from '../../lib/ingestion.ts'
import { page } from '../../lib/paths.ts'
import type { Conflict, Missing, Problem, Problems, Removed } from '../../lib/portico.ts'
import { allowed, useSession } from '../../lib/session.ts'
import { summaryQuery, useName } from '../../lib/summaries.ts'
import { asSentence } from '../../lib/words.ts'
import { Actor } from '../../ui/actor.tsx'
import { Button, LinkButton } from '../../ui/button.tsx'
import { CodeBlock } from '../../ui/code-block.tsx'
import { RefName } from '../../ui/entity-link.tsx'
import { Fresh } from '../../ui/fresh.tsx'
import { Icon } from '../../ui/icon.tsx'
import { ErrorStrip } from '../../ui/strip.tsx'
import { say } from '../../ui/toast.tsx'
import { useRefreshSource, useRemove, useRestore } from './api.ts'
import { conflictId, servedWords } from './problem-words.ts'
import type { ProblemTab } from './problems-search.ts'
import css from './operate.module.css'

/** One problem in full: what, where, the lines, what to write, the ways out. */
export function ProblemDetail({ problems, tab, id }: { problems: Problems; tab: ProblemTab; id: string }) {
  const error = tab === 'errors' ? problems.errors.find((p) => p.id === id) : undefined
  const conflict =
    tab === 'conflicts' ? problems.conflicts.find((c) => conflictId(c.ref, c.refused.location) === id) : undefined
  const missing = tab === 'missing' ? problems.missing.find((m) => m.ref === id) : undefined
  const removed = tab === 'removed' ? problems.removed.find((r) => r.uid === id) : undefined
  return (
    <div className={css['detail']}>
      {error && <ErrorDetail problem={error} />}
      {conflict && <ConflictDetail conflict={conflict} />}
      {missing && <MissingDetail missing={missing} />}
      {removed && <RemovedDetail removed={removed} />}
    </div>
  )
}

function useManage(): boolean {
  return allowed(useSession(), 'catalog.ingestion.manage')
}

/** Whether the entity is in the catalog; undefined when the problem names none. */
function useShown(ref: string | null): boolean | undefined | 'asking' {
  const { data: summary } = useQuery({ ...summaryQuery(ref ?? ''), enabled: ref !== null })
  if (ref === null) return undefined
  return summary === undefined ? 'asking' : summary !== null
}

function ErrorDetail({ problem }: { problem: Problem }) {
  const refresh = useRefreshSource()
  const manage = useManage()
  const { excerpt } = problem
  const shown = useShown(problem.ref)
  const source = useQuery(sourcesQuery).data?.find((s) => s.id === problem.sourceId)
  const [message, remedy] = [asSentence(problem.message), asSentence(problem.remedy)]
  return (
    <>
      <div className={css['where']}>
        <h3>{problem.ref ? <RefName entityRef={problem.ref} /> : place(problem.file)}</h3>
        <span className="quiet mono small" title={problem.file}>
          {place(problem.file, problem.line, problem.column)}
        </span>
      </div>
      <p className={css['lead']}>
        {message} {problem.level === 'error' && source && shown !== 'asking' && servedWords(source, shown)}
      </p>
      <div className={css['block']}>
        {excerpt && excerpt.lines.length > 0 ? (
          <CodeBlock
            code={excerpt.lines.join('\n')}
            language="yaml"
            name="lines around the problem"
            firstLine={excerpt.line}
            marks={[{ line: problem.line, level: problem.level, message: remedy || message }]}
            copy={false}
          />
        ) : (
          remedy && <p>{remedy}</p>
        )}
      </div>
      {refresh.error && <ErrorStrip error={refresh.error} what="It was not read again." />}
      <div className={css['acts']}>
        {manage && (
          <Button
            aria-busy={refresh.isPending}
            onClick={() => {
              refresh.mutate(problem.sourceId, {
                onSuccess: () => {
                  say('Its source is being read again.')
                },
              })
            }}
          >
            Read again
          </Button>
        )}
        {problem.ref && shown === true && (
          <LinkButton to={page.entity(problem.ref, 'source')} variant="subtle">
            See the whole file
          </LinkButton>
        )}
      </div>
    </>
  )
}

function ConflictDetail({ conflict: { ref, kept, refused } }: { conflict: Conflict }) {
  const name = useName(ref)
  return (
    <>
      <h3>Two sources claim {name}</h3>
      <p className={css['lead']}>
        The first one keeps it. What the second one says is not shown anywhere. Remove one of the two declarations, or
        rename one.
      </p>
      <dl className={css['claims']}>
        <dt>Keeps it</dt>
        <dd>
          <span className="mono small">{locationTarget(kept.location)}</span>
          <br />
          <span className="quiet small">
            since <Fresh at={kept.since} />
          </span>
        </dd>
        <dt>Refused</dt>
        <dd>
          <span className="mono small">{locationTarget(refused.location)}</span>
          <br />
          <span className="quiet small">
            since <Fresh at={refused.since} />
          </span>
        </dd>
        <dt>Ref</dt>
        <dd className="mono small">{ref}</dd>
      </dl>
      <div className={css['acts']}>
        <LinkButton to={page.entity(ref)}>Open {name}</LinkButton>
      </div>
    </>
  )
}

function MissingDetail({ missing }: { missing: Missing }) {
  const remove = useRemove()
  const restore = useRestore()
  const manage = useManage()
  const name = useName(missing.ref)
  const onRemove = () => {
    remove.mutate(missing.uid, {
      onSuccess: () => {
        say(`${name} was removed.`, () => {
          restore.mutate(missing.uid)
        })
      },
    })
  }
  return (
    <>
      <h3>{name} is missing</h3>
      <p className={css['lead']}>
        {asSentence(missing.reason)} It is still shown with its last data. When the file returns, so does the entity.
      </p>
      <dl className={css['claims']}>
        <dt>Was in</dt>
        <dd className="mono small">{locationTarget(missing.location)}</dd>
        <dt>Missing</dt>
        <dd>
          since <Fresh at={missing.since} />
        </dd>
        <dt>Removed</dt>
        <dd title={exact(new Date(missing.removeAt))}>
          <Fresh at={missing.removeAt} />, unless it returns; then it can be restored for 30 days
        </dd>
      </dl>
      {remove.error && <ErrorStrip error={remove.error} what={`${name} was not removed.`} />}
      <div className={css['acts']}>
        <LinkButton to={page.entity(missing.ref)}>Open {name}</LinkButton>
        {manage && (
          <Button variant="danger" aria-busy={remove.isPending} onClick={onRemove}>
            Remove now
          </Button>
        )}
      </div>
    </>
  )
}

function RemovedDetail({ removed }: { removed: Removed }) {
  const restore = useRestore()
  const manage = useManage()
  const name = useName(removed.ref)
  return (
    <>
      <h3>{name} was removed</h3>
      <p className={css['lead']}>
        <Fresh at={removed.removedAt} />
        <Actor actor={removed.actor} />. It can be restored until{' '}
        <time dateTime={removed.restorableUntil}>
          {new Date(removed.restorableUntil).toLocaleDateString('en-GB', { day: 'numeric', month: 'long' })}
        </time>
        .
      </p>
      <dl className={css['claims']}>
        <dt>Was in</dt>
        <dd className="mono small">{locationTarget(removed.location)}</dd>
        <dt>Ref</dt>
        <dd className="mono small">{removed.ref}</dd>
      </dl>
      {restore.error && <ErrorStrip error={restore.error} what={`${name} was not restored.`} />}
      {manage && (
        <div className={css['acts']}>
          <Button
            leftSection={<Icon of={Undo2} size={14} />}
            aria-busy={restore.isPending}
            onClick={() => {
              restore.mutate(removed.uid, {
                onSuccess: () => {
                  say(`${name} is back in the catalog.`)
                },
              })
            }}
          >
            Restore
          </Button>
        </div>
      )}
    </>
  )
}

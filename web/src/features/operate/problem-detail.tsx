import { useQuery } from '@tanstack/react-query'
import { locationTarget, place } from '../../lib/format.ts'
import { sourcesQuery } from '../../lib/ingestion.ts'
import { page } from '../../lib/paths.ts'
import type { Claim, Conflict, Problem, Problems } from '../../lib/portico.ts'
import { summaryQuery, useName } from '../../lib/summaries.ts'
import { asSentence } from '../../lib/words.ts'
import { ActionButton } from '../../ui/action.tsx'
import { LinkButton } from '../../ui/button.tsx'
import { CodeBlock } from '../../ui/code-block.tsx'
import { RefName } from '../../ui/entity-link.tsx'
import { Fresh } from '../../ui/fresh.tsx'
import { ErrorStrip } from '../../ui/strip.tsx'
import { say } from '../../ui/toast.tsx'
import { MANAGE, useRefreshSource } from './api.ts'
import { MissingDetail } from './missing-detail.tsx'
import { conflictId, servedWords, wentTogether } from './problem-words.ts'
import type { ProblemTab } from './problems-search.ts'
import css from './operate.module.css'

/** One problem in full: what, where, the lines, what to write, the ways out. */
export function ProblemDetail({ problems, tab, id }: { problems: Problems; tab: ProblemTab; id: string }) {
  const error = tab === 'errors' ? problems.errors.find((p) => p.id === id) : undefined
  const conflict =
    tab === 'conflicts' ? problems.conflicts.find((c) => conflictId(c.ref, c.refused.location) === id) : undefined
  const missing = tab === 'missing' ? problems.missing.find((m) => m.ref === id) : undefined
  return (
    <div className={css['detail']}>
      {error && <ErrorDetail problem={error} />}
      {conflict && <ConflictDetail conflict={conflict} />}
      {missing && <MissingDetail missing={missing} together={wentTogether(problems.missing, missing)} />}
    </div>
  )
}

/** Whether the entity is in the catalog; undefined when the problem names none. */
function useShown(ref: string | null): boolean | undefined | 'asking' {
  const { data: summary } = useQuery({ ...summaryQuery(ref ?? ''), enabled: ref !== null })
  if (ref === null) return undefined
  return summary === undefined ? 'asking' : summary !== null
}

function ErrorDetail({ problem }: { problem: Problem }) {
  const refresh = useRefreshSource()
  const { excerpt } = problem
  const shown = useShown(problem.ref)
  const source = useQuery(sourcesQuery).data?.find((s) => s.id === problem.sourceId)
  const [message, remedy] = [asSentence(problem.message), asSentence(problem.remedy)]
  return (
    <>
      <div className={css['where']}>
        <h2>{problem.ref ? <RefName entityRef={problem.ref} /> : place(problem.file)}</h2>
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
        <ActionButton
          may={MANAGE}
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
        </ActionButton>
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
      <h2>Two files claim {name}</h2>
      <p className={css['lead']}>
        The one that declared it first keeps it, and nothing of what the other one says is shown. Take it out of one of
        the two, or give it another name there.
      </p>
      <dl className={css['claims']}>
        <ClaimRow title="Keeps it" claim={kept} since="declared it" />
        <ClaimRow title="Refused" claim={refused} since="claimed it" />
        <dt>Ref</dt>
        <dd className="mono small">{ref}</dd>
      </dl>
      <div className={css['acts']}>
        <LinkButton to={page.entity(ref)}>Open its page</LinkButton>
        <LinkButton to={page.entity(ref, 'source')} variant="subtle">
          See the file that counts
        </LinkButton>
      </div>
    </>
  )
}

function ClaimRow({ title, claim, since }: { title: string; claim: Claim; since: string }) {
  const file = locationTarget(claim.location)
  return (
    <>
      <dt>{title}</dt>
      <dd>
        <span className="mono small" title={file}>
          {place(file, claim.line)}
        </span>
        <br />
        <span className="quiet small">
          {since} <Fresh at={claim.since} />
        </span>
      </dd>
    </>
  )
}

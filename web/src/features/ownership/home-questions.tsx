import { useQuery, type QueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { page } from '../../lib/paths.ts'
import { capital, number } from '../../lib/words.ts'
import { Button } from '../../ui/button.tsx'
import { EntityName } from '../../ui/entity-link.tsx'
import { KindGlyph } from '../../ui/kind-glyph.tsx'
import { errorSentence } from '../../ui/strip.tsx'
import { say } from '../../ui/toast.tsx'
import { fewQuestionsQuery, useDecide, type Question } from './api.ts'
import { confirmWords, placeOf, questionWords, resultWords } from './words.ts'
import css from './ownership.module.css'

export async function loadQuestions(client: QueryClient): Promise<void> {
  await client.ensureQueryData(fewQuestionsQuery)
}

/** The first questions for a person's teams, answered where they stand; absent where there are none. */
export function OwnershipQuestions() {
  const inbox = useQuery(fewQuestionsQuery).data
  const decide = useDecide()
  if (!inbox || inbox.total === 0) return null
  const answer = (q: Question, decision: 'confirm' | 'reject') => {
    decide.mutate(
      { claims: [q.id], decision },
      {
        onSuccess: (results) => {
          say(resultWords(results, decision === 'confirm' ? 'confirmed' : 'rejected'))
        },
      },
    )
  }
  return (
    <section aria-label="Is it yours?">
      <h2>
        Is it yours? <span className="quiet num">{number(inbox.total)}</span>
      </h2>
      <ul className="hairlines">
        {inbox.items.map((q) => (
          <li key={q.id} className={css['asked']}>
            <KindGlyph kind={q.ref.slice(0, q.ref.indexOf(':'))} />
            <div>
              <p>
                <b>
                  <EntityName entityRef={q.ref} />
                </b>{' '}
                <span className="muted">{questionWords(q)}</span>
              </p>
              {q.evidence[0] && (
                <p className="muted small">
                  {capital(q.evidence[0].says)} {q.evidence[0].file && <code>{placeOf(q.evidence[0])}</code>}
                </p>
              )}
              {q.mayDecide && (
                <p className={css['ways']}>
                  <Button
                    size="xs"
                    disabled={decide.isPending}
                    onClick={() => {
                      answer(q, 'confirm')
                    }}
                  >
                    {confirmWords(q)}
                  </Button>
                  <Button
                    size="xs"
                    variant="subtle"
                    disabled={decide.isPending}
                    onClick={() => {
                      answer(q, 'reject')
                    }}
                  >
                    Not ours
                  </Button>
                </p>
              )}
            </div>
          </li>
        ))}
        <li className={css['asked']}>
          <span />
          <Link to={page.ownership}>
            {inbox.total > inbox.items.length ? `All ${number(inbox.total)} questions` : 'All evidence'}
          </Link>
        </li>
      </ul>
      {decide.error && (
        <p role="alert" className={css['failed']}>
          {errorSentence(decide.error)}
        </p>
      )}
    </section>
  )
}

import { useQueries, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useLocation, useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { decidedWords, remedyWords, roleWords, whyQuery } from '../../lib/may.ts'
import { page } from '../../lib/paths.ts'
import { allowed, useSession } from '../../lib/session.ts'
import { useTitle } from '../../lib/title.ts'
import { LinkButton } from '../../ui/button.tsx'
import { CodeBlock } from '../../ui/code-block.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { CREATE, previewQuery } from './api.ts'
import { draft, keepDraft } from './draft.ts'
import { answerWords, verdictOf, type Look } from './plan-words.ts'
import { RegisterFoot } from './register-foot.tsx'
import { searchOf, type RegisterSearch } from './register-search.ts'
import { TargetField } from './target-field.tsx'
import { TargetRow } from './target-row.tsx'
import { readLines } from './targets.ts'
import { useRegister } from './use-register.ts'
import css from './register.module.css'

/** Where is it, what would come of it, and then it is registered. Nothing is written before that. */
export function RegisterPage() {
  useTitle('Register')
  const may = allowed(useSession(), CREATE)
  if (!may) return <Forbidden />
  return (
    <div className={`page ${css['page'] ?? ''}`}>
      <header className={css['head']}>
        <h1 tabIndex={-1}>Register</h1>
        <p className="muted">
          A preview shows what would come into the catalog, and what is wrong with it. Nothing is written before you
          register.
        </p>
      </header>
      <Register />
    </div>
  )
}

function Register() {
  const search: RegisterSearch = useSearch({ strict: false })
  const navigate = useNavigate()
  const client = useQueryClient()
  const given = search.target ?? (search.draft ? readLines(draft()).targets : [])
  const [text, setText] = useState(() => (search.target ? search.target.join('\n') : draft()))
  const [shown, setShown] = useState(given.join('\n'))
  const { outcomes, start, forget } = useRegister()
  // Ticked or not against what the verdict says.
  const [turned, setTurned] = useState<ReadonlySet<string>>(new Set())

  if (given.join('\n') !== shown) {
    // Back and forth in the history of the browser: the field has what the address has.
    setShown(given.join('\n'))
    if (given.length > 0 && readLines(text).targets.join('\n') !== given.join('\n')) setText(given.join('\n'))
  }

  const looks: Look[] = useQueries({ queries: given.map(previewQuery) }).map(({ data, error }, i) => ({
    line: given[i] ?? '',
    preview: data,
    error,
  }))
  const look = (lines: string[]) => {
    forget()
    setTurned(new Set())
    void client.resetQueries({ queryKey: ['registration'] })
    void navigate({ to: page.register, search: searchOf(lines) })
  }
  const chosen = looks.filter((one) => {
    const { can, clean } = verdictOf(one)
    return can && clean !== turned.has(one.line) && outcomes.get(one.line)?.state !== 'done'
  })
  return (
    <>
      <div className={css['ask']}>
        <TargetField
          text={text}
          looked={given}
          onText={(next) => {
            setText(next)
            keepDraft(next)
          }}
          onLook={look}
        />
        <Beside />
      </div>
      {looks.length > 0 && (
        <section className={css['result']} aria-label="What would come of it">
          <p className={css['answer']} role="status">
            {answerWords(looks)}
          </p>
          <ol className="hairlines">
            {looks.map((one) => (
              <TargetRow
                key={one.line}
                look={one}
                open={looks.length === 1 || (looks.length <= 5 && one.preview !== undefined && !verdictOf(one).clean)}
                chosen={chosen.includes(one)}
                outcome={outcomes.get(one.line)}
                onChoose={() => {
                  setTurned((before) => {
                    const next = new Set(before)
                    if (!next.delete(one.line)) next.add(one.line)
                    return next
                  })
                }}
                onRetry={() => void start([{ line: one.line, exists: one.preview?.exists ?? false }])}
              />
            ))}
          </ol>
          <RegisterFoot
            looks={looks}
            chosen={chosen}
            outcomes={outcomes}
            onRegister={(some) => {
              void start(some.map(({ line, preview }) => ({ line, exists: preview?.exists ?? false })))
            }}
            onMore={() => {
              setText('')
              keepDraft('')
              look([])
            }}
          />
        </section>
      )}
    </>
  )
}

const example = `apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: shop
spec:
  type: service
  lifecycle: production
  owner: payments
`

/** What such a file is, for who has none yet, and who may do this. */
function Beside() {
  return (
    <aside className={css['beside']} aria-label="What is registered">
      <p>
        A descriptor is a file beside the code, <code>catalog-info.yaml</code>, that names what is there and who owns
        it:
      </p>
      <CodeBlock code={example} language="yaml" name="example file" />
      <p className="quiet small">
        Whoever has the permission <span className="mono">catalog.location.create</span> may register.{' '}
        <Link to={page.rights} className="link">
          What you may do
        </Link>
      </p>
    </aside>
  )
}

/** Why, which role it takes, and whom to ask. */
function Forbidden() {
  const session = useSession()
  const here = useLocation({ select: (l) => l.href })
  const { data: why } = useQuery(whyQuery(CREATE))
  const canSignIn = session.guest && (session.signIn?.providers.length ?? 0) > 0
  return (
    <div className="page">
      <EmptyState
        asPage
        door="shut"
        title="You may not register a location"
        actions={
          <>
            {canSignIn && (
              <LinkButton to={page.signIn} search={{ to: here }}>
                Sign in
              </LinkButton>
            )}
            <LinkButton to={page.rights}>What you may do</LinkButton>
          </>
        }
      >
        <p className={css['why']}>{why && `${decidedWords(why)} ${roleWords(why)} ${remedyWords(why, session)}`}</p>
      </EmptyState>
    </div>
  )
}

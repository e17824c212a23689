import { useNavigate } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { useHotkeys } from '../../lib/hotkeys.ts'
import { page } from '../../lib/paths.ts'
import { useSession } from '../../lib/session.ts'
import { useMention } from '../../lib/summaries.ts'
import { count, number } from '../../lib/words.ts'
import { Button, LinkButton } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Monogram } from '../../ui/owner.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { ErrorStrip, Strip } from '../../ui/strip.tsx'
import { say } from '../../ui/toast.tsx'
import { useDecide, type Decision, type Inbox, type Question, type Results } from './api.ts'
import { AnswerDialog } from './chunks.ts'
import type { OwnershipSearch } from './ownership-search.ts'
import { QuestionRow } from './question-row.tsx'
import { faultOf, resultWords } from './words.ts'
import css from './ownership.module.css'

interface Props {
  search: OwnershipSearch
  inbox: Inbox
  items: Question[]
  more: (() => void) | undefined
  busy: boolean
}

const did: Record<Decision['decision'], string> = {
  confirm: 'confirmed',
  pass: 'passed on',
  reject: 'rejected',
}

/** What waits, by team, answered in place: by hand, by keys, or many at once. */
export function InboxPanel({ search, inbox, items, more, busy }: Props) {
  const session = useSession()
  const navigate = useNavigate()
  const list = useRef<HTMLDivElement>(null)
  const [selected, setSelected] = useState<ReadonlySet<number>>(new Set())
  const [asking, setAsking] = useState<{ decision: 'pass' | 'reject'; claims: Question[] }>()
  const [done, setDone] = useState(0)
  const [came, setCame] = useState<Results>()
  const decide = useDecide(setDone)
  const mayDecide = items.filter((i) => i.mayDecide)
  const chosen = mayDecide.filter((i) => selected.has(i.id))
  const toggle = (id: number) => {
    setSelected((old) => {
      const next = new Set(old)
      if (!next.delete(id)) next.add(id)
      return next
    })
  }
  const send = (claims: Question[], decision: Decision) => {
    setDone(0)
    setCame(undefined)
    setAsking(undefined)
    decide.mutate(
      { ...decision, claims: claims.map((c) => c.id) },
      {
        onSuccess: (results) => {
          setSelected(new Set())
          if (results.done > 0) say(resultWords(results, did[decision.decision]))
          if (results.failed > 0) setCame(results)
        },
      },
    )
  }
  const rows = () => [...(list.current?.querySelectorAll<HTMLElement>('[data-claim]') ?? [])]
  const at = () => rows().findIndex((row) => row.contains(document.activeElement))
  const move = (by: number) => {
    const all = rows()
    all[Math.max(0, Math.min(all.length - 1, at() + by))]?.focus()
  }
  const here = () => {
    const row = rows()[at()]
    return mayDecide.find((i) => String(i.id) === row?.dataset['claim'])
  }
  const many = () => (chosen.length > 0 ? chosen : [here()].filter((i) => i !== undefined))
  const ask = (decision: 'pass' | 'reject') => {
    const claims = many()
    if (claims.length > 0) setAsking({ decision, claims })
  }
  useHotkeys({
    j: () => {
      move(1)
    },
    k: () => {
      move(-1)
    },
    x: () => {
      const one = here()
      if (one) toggle(one.id)
    },
    c: () => {
      const claims = many()
      if (claims.length > 0 && !decide.isPending) send(claims, { decision: 'confirm' })
    },
    p: () => {
      ask('pass')
    },
    r: () => {
      ask('reject')
    },
  })
  const teams = inbox.teams.map((t) => ({ ...t, items: items.filter((i) => i.asked === t.ref) }))
  return (
    <>
      <div className={css['bar']}>
        <Segmented
          label="Whose questions"
          value={search.scope ?? 'mine'}
          options={[
            { value: 'mine', label: 'My teams' },
            { value: 'all', label: 'All teams' },
          ]}
          onChange={(scope) => void navigate({ to: page.ownership, search: scope === 'all' ? { scope } : {} })}
        />
        {search.owner && (
          <LinkButton to={page.ownership} search={{ scope: search.scope }} size="xs" variant="subtle">
            Show every team
          </LinkButton>
        )}
        {mayDecide.length > 0 && <Keys />}
      </div>
      {decide.error && <ErrorStrip error={decide.error} what="It was not decided." kept="The rest stays as it was." />}
      {came && (
        <Strip shape="warn" alert>
          <b>{count(came.failed, 'answer')} did not count.</b> {faultOf(came)}
        </Strip>
      )}
      {items.length === 0 ? (
        <EmptyState
          door="lit"
          title={search.scope === 'all' ? 'Nothing waits for any team' : 'Nothing waits for your teams'}
          actions={
            <LinkButton to={page.ownership} search={{ tab: 'findings' }}>
              Where nobody may answer
            </LinkButton>
          }
        >
          <p>
            {session.principal?.type === 'user' || search.scope === 'all'
              ? 'When the portal finds something that may be a team’s, or it is time to ask again, the question stands here.'
              : 'Questions go to teams. You are in none that the catalog knows.'}
          </p>
        </EmptyState>
      ) : (
        <div ref={list}>
          {teams
            .filter((t) => t.items.length > 0)
            .map((t) => (
              <section key={t.ref} className={css['team']}>
                <TeamHead entityRef={t.ref} open={t.open} />
                <ul className="hairlines">
                  {t.items.map((q) => (
                    <QuestionRow
                      key={q.id}
                      question={q}
                      selected={selected.has(q.id)}
                      busy={decide.isPending}
                      onSelect={() => {
                        toggle(q.id)
                      }}
                      onConfirm={() => {
                        send([q], { decision: 'confirm' })
                      }}
                      onAsk={(decision) => {
                        setAsking({ decision, claims: [q] })
                      }}
                    />
                  ))}
                </ul>
              </section>
            ))}
        </div>
      )}
      {more && (
        <p className={css['more']}>
          <Button size="xs" onClick={more} disabled={busy}>
            {busy ? 'Loading' : 'Show more'}
          </Button>
        </p>
      )}
      {(chosen.length > 0 || decide.isPending) && (
        <div className={css['place']}>
          <section className={css['bulk']} aria-label="Selection">
            <span role="status">{decide.isPending ? `${number(done)} done` : <Chosen n={chosen.length} />}</span>
            <Button
              size="xs"
              disabled={decide.isPending}
              onClick={() => {
                send(chosen, { decision: 'confirm' })
              }}
            >
              Confirm
            </Button>
            <Button
              size="xs"
              variant="subtle"
              disabled={decide.isPending}
              onClick={() => {
                ask('pass')
              }}
            >
              Pass on
            </Button>
            <Button
              size="xs"
              variant="subtle"
              disabled={decide.isPending}
              onClick={() => {
                ask('reject')
              }}
            >
              Reject
            </Button>
            {chosen.length < mayDecide.length && (
              <Button
                size="xs"
                variant="subtle"
                onClick={() => {
                  setSelected(new Set(mayDecide.map((i) => i.id)))
                }}
              >
                All {number(mayDecide.length)} shown
              </Button>
            )}
            <Button
              size="xs"
              variant="subtle"
              onClick={() => {
                setSelected(new Set())
              }}
            >
              Clear
            </Button>
          </section>
        </div>
      )}
      {asking && (
        <AnswerDialog
          decision={asking.decision}
          many={asking.claims.length}
          entityRef={asking.claims[0]?.ref ?? ''}
          onClose={() => {
            setAsking(undefined)
          }}
          onSend={(decision) => {
            send(asking.claims, decision)
          }}
        />
      )}
    </>
  )
}

function Chosen({ n }: { n: number }) {
  return (
    <>
      <b>{number(n)}</b> selected
    </>
  )
}

function TeamHead({ entityRef, open }: { entityRef: string; open: number }) {
  const { title, kind } = useMention(entityRef)
  return (
    <h2 className={css['teamHead']}>
      <Monogram title={title} person={kind === 'user'} />
      <span>{title}</span>
      <span className="quiet num">{number(open)}</span>
    </h2>
  )
}

const keyWords = [
  ['j k', 'move'],
  ['c', 'confirm'],
  ['p', 'pass on'],
  ['r', 'reject'],
  ['x', 'select'],
] as const

function Keys() {
  return (
    <p className={css['keys']}>
      {keyWords.map(([key, words]) => (
        <span key={key}>
          <kbd>{key}</kbd> {words}
        </span>
      ))}
    </p>
  )
}

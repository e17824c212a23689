import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { page } from '../../lib/paths.ts'
import { allowed, useSession } from '../../lib/session.ts'
import { useName } from '../../lib/summaries.ts'
import { asSentence, count, number } from '../../lib/words.ts'
import { ActionButton } from '../../ui/action.tsx'
import { Button, LinkButton } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { EntityName } from '../../ui/entity-link.tsx'
import { KindGlyph } from '../../ui/kind-glyph.tsx'
import { ErrorStrip, Strip } from '../../ui/strip.tsx'
import tabs from '../../ui/tabs.module.css'
import { say } from '../../ui/toast.tsx'
import { useMyTeams } from '../../lib/my-teams.ts'
import { useClaim, type Finding, type Findings, type Results } from './api.ts'
import { AliasDialog, ClaimDialog } from './chunks.ts'
import { findingKinds, type FindingKind, type OwnershipSearch } from './ownership-search.ts'
import { faultOf, findingWords, resultWords } from './words.ts'
import css from './ownership.module.css'

/** Where the owner may only have another name. */
const renamable: FindingKind[] = ['absent', 'gone', 'empty']

interface Props {
  search: OwnershipSearch
  findings: Findings
  items: Finding[]
  more: (() => void) | undefined
  busy: boolean
}

/** Entities for which nobody may answer, by what is wrong, each with what to do; many can be claimed at once. */
export function FindingsPanel({ search, findings, items, more, busy }: Props) {
  const may = allowed(useSession(), 'ownership.claim.create')
  const teams = useMyTeams()
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const [renamed, setRenamed] = useState<string>()
  const [claiming, setClaiming] = useState<string[]>()
  const [done, setDone] = useState(0)
  const [came, setCame] = useState<Results>()
  const claim = useClaim(setDone)
  const { counts } = findings
  const all = findingKinds.reduce((sum, k) => sum + counts[k], 0)
  const chosen = items.filter((i) => selected.has(i.ref))
  const first = useName(claiming?.[0] ?? 'component:default/none')
  const rest = { owner: search.owner, system: search.system }
  const send = (refs: string[], owner: string) => {
    setClaiming(undefined)
    setDone(0)
    setCame(undefined)
    claim.mutate(
      { refs, owner },
      {
        onSuccess: (results) => {
          setSelected(new Set())
          if (results.done > 0) say(resultWords(results, 'claimed'))
          if (results.failed > 0) setCame(results)
        },
      },
    )
  }
  return (
    <>
      <nav className={css['kinds']} aria-label="Kinds of findings">
        <Kind to={rest} on={search.kind === undefined} n={all} words="All" />
        {findingKinds.map((k) => (
          <Kind key={k} to={{ ...rest, kind: k }} on={search.kind === k} n={counts[k]} words={findingWords[k].tab} />
        ))}
      </nav>
      {(search.owner ?? search.system) && (
        <p className={css['bar']}>
          <span className="muted">
            Of {search.owner && <EntityName entityRef={search.owner} />}
            {search.owner && search.system && ' in '}
            {search.system && <EntityName entityRef={search.system} />}
          </span>
          <LinkButton to={page.ownership} search={{ tab: 'findings', kind: search.kind }} size="xs" variant="subtle">
            Show all
          </LinkButton>
        </p>
      )}
      {claim.error && <ErrorStrip error={claim.error} what="It was not claimed." />}
      {came && (
        <Strip shape="warn" alert>
          <b>{count(came.failed, 'entity', 'entities')} could not be claimed.</b> {faultOf(came)}
        </Strip>
      )}
      {items.length === 0 ? (
        <EmptyState door="lit" title={search.kind ? 'Nothing of this kind' : 'Somebody answers for everything'}>
          <p>Where an owner is missing, empty or gone, it stands here with what to do.</p>
        </EmptyState>
      ) : (
        <ul className={`hairlines ${css['findings'] ?? ''}`}>
          {items.map((f) => (
            <li key={f.ref} className={css['row']} data-selected={selected.has(f.ref) || undefined}>
              {may ? (
                <SelectBox
                  entityRef={f.ref}
                  checked={selected.has(f.ref)}
                  onToggle={() => {
                    setSelected((old) => {
                      const next = new Set(old)
                      if (!next.delete(f.ref)) next.add(f.ref)
                      return next
                    })
                  }}
                />
              ) : (
                <span />
              )}
              <KindGlyph kind={f.ref.slice(0, f.ref.indexOf(':'))} />
              <div className={css['what']}>
                <p>
                  <b>
                    <EntityName entityRef={f.ref} />
                  </b>{' '}
                  <span className="muted">{findingWords[f.kind].one}</span>
                </p>
                <p className={css['about']}>{asSentence(f.todo)}</p>
              </div>
              <div className={css['acts']}>
                {f.owner && renamable.includes(f.kind) && (
                  <ActionButton
                    may="catalog.ingestion.manage"
                    size="xs"
                    variant="subtle"
                    aria-label={`${f.owner} is called something else now`}
                    onClick={() => {
                      setRenamed(f.owner)
                    }}
                  >
                    It is called … now
                  </ActionButton>
                )}
                {may && (
                  <Button
                    size="xs"
                    variant="subtle"
                    disabled={claim.isPending}
                    onClick={() => {
                      setClaiming([f.ref])
                    }}
                  >
                    Claim
                  </Button>
                )}
              </div>
            </li>
          ))}
        </ul>
      )}
      {more && (
        <p className={css['more']}>
          <Button size="xs" onClick={more} disabled={busy}>
            {busy ? 'Loading' : 'Show more'}
          </Button>
        </p>
      )}
      {(chosen.length > 0 || claim.isPending) && (
        <div className={css['place']}>
          <section className={css['bulk']} aria-label="Selection">
            <span role="status">{claim.isPending ? `${number(done)} done` : `${number(chosen.length)} selected`}</span>
            <Button
              size="xs"
              disabled={claim.isPending}
              onClick={() => {
                setClaiming(chosen.map((c) => c.ref))
              }}
            >
              Claim
            </Button>
            <Button
              size="xs"
              variant="subtle"
              onClick={() => {
                setSelected(new Set(items.map((i) => i.ref)))
              }}
            >
              All {number(items.length)} shown
            </Button>
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
      {renamed && (
        <AliasDialog
          from={renamed}
          onClose={() => {
            setRenamed(undefined)
          }}
        />
      )}
      {claiming && (
        <ClaimDialog
          what={claiming.length === 1 ? first : count(claiming.length, 'entity', 'entities')}
          teams={teams}
          any
          onClose={() => {
            setClaiming(undefined)
          }}
          onSend={(owner) => {
            send(claiming, owner)
          }}
        />
      )}
    </>
  )
}

function SelectBox({ entityRef, checked, onToggle }: { entityRef: string; checked: boolean; onToggle: () => void }) {
  const name = useName(entityRef)
  return <input type="checkbox" aria-label={`Select ${name}`} checked={checked} onChange={onToggle} />
}

interface KindProps {
  to: OwnershipSearch
  on: boolean
  n: number
  words: string
}

function Kind({ to, on, n, words }: KindProps) {
  return (
    <Link
      to={page.ownership}
      search={{ tab: 'findings', ...to }}
      resetScroll={false}
      activeProps={{}}
      activeOptions={{ exact: true }}
      aria-current={on ? 'true' : undefined}
    >
      {words} <span className={tabs['n']}>{number(n)}</span>
    </Link>
  )
}

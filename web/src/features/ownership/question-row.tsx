import { page } from '../../lib/paths.ts'
import { useMention } from '../../lib/summaries.ts'
import { Button } from '../../ui/button.tsx'
import { EntityName } from '../../ui/entity-link.tsx'
import { KindGlyph } from '../../ui/kind-glyph.tsx'
import { Owner } from '../../ui/owner.tsx'
import { QuickLink } from '../../ui/quick-link.tsx'
import type { Question } from './api.ts'
import { EvidenceList } from './evidence-list.tsx'
import { confirmWords, questionWords } from './words.ts'
import css from './ownership.module.css'

interface Props {
  question: Question
  selected: boolean
  busy: boolean
  onSelect: () => void
  onConfirm: () => void
  onAsk: (decision: 'pass' | 'reject') => void
}

/** One question with what speaks for it. The row takes the focus, so that keys answer it. */
export function QuestionRow({ question: q, selected, busy, onSelect, onConfirm, onAsk }: Props) {
  const { title, summary } = useMention(q.ref)
  const others = q.reason === 'claimed' && q.owner !== q.asked
  return (
    <li className={css['row']} data-claim={q.id} data-selected={selected || undefined} tabIndex={-1}>
      {q.mayDecide ? (
        <input type="checkbox" aria-label={`Select ${title}`} checked={selected} onChange={onSelect} />
      ) : (
        <span />
      )}
      <KindGlyph kind={q.ref.slice(0, q.ref.indexOf(':'))} />
      <div className={css['what']}>
        <p>
          <b>
            <EntityName entityRef={q.ref} />
          </b>{' '}
          <span className="muted">{questionWords(q)}</span>
        </p>
        {summary?.description && <p className={css['about']}>{summary.description}</p>}
        {others && (
          <p className={css['about']}>
            <Owner owner={q.owner} /> <span className="muted">would own it.</span>
          </p>
        )}
        <EvidenceList evidence={q.evidence} source={q.source} />
      </div>
      <div className={css['acts']}>
        {q.mayDecide ? (
          <>
            <Button size="xs" disabled={busy} aria-label={`${confirmWords(q)}: ${title}`} onClick={onConfirm}>
              {confirmWords(q)}
            </Button>
            {!others && (
              <Button
                size="xs"
                variant="subtle"
                disabled={busy}
                aria-label={`Pass on ${title}`}
                onClick={() => {
                  onAsk('pass')
                }}
              >
                Pass on
              </Button>
            )}
            <Button
              size="xs"
              variant="subtle"
              disabled={busy}
              aria-label={`Reject ${title}`}
              onClick={() => {
                onAsk('reject')
              }}
            >
              Reject
            </Button>
          </>
        ) : (
          <span className="quiet small">
            For <QuickLink to={page.entity(q.asked)}>its team</QuickLink> to answer
          </span>
        )}
      </div>
    </li>
  )
}

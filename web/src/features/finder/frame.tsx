import { count, number } from '../../lib/words.ts'
import { scopeNames, scopes, type Scope } from './asked.ts'
import type { Counts } from './finder-query.ts'
import css from './finder.module.css'

interface ScopesProps {
  scope: Scope
  counts: (Counts & { actions: number }) | undefined
  /** The place stays, so that nothing moves. */
  hidden: boolean
  onPick: (scope: Scope) => void
}

/** Where to look; Tab goes on to the next. */
export function Scopes({ scope, counts, hidden, onPick }: ScopesProps) {
  return (
    <div className={css['scopes']} role="group" aria-label="Where to look" data-hidden={hidden}>
      {scopes.map((one) => (
        <button
          key={one}
          type="button"
          tabIndex={-1}
          disabled={hidden}
          aria-pressed={one === scope}
          onMouseDown={(event) => {
            event.preventDefault() // the field keeps the focus
          }}
          onClick={() => {
            onPick(one)
          }}
        >
          {scopeNames[one]}{' '}
          {counts && <span className="num">{number(one === 'all' ? counts.all + counts.actions : counts[one])}</span>}
        </button>
      ))}
    </div>
  )
}

interface FootProps {
  /** What ⇧↵ shows: "12 components". */
  all: string | undefined
  back: boolean
}

/** The keys that work here. */
export function Foot({ all, back }: FootProps) {
  return (
    <div className={css['foot']} aria-hidden="true">
      <span>
        <kbd>↑</kbd>
        <kbd>↓</kbd>move
      </span>
      {back ? (
        <span>
          <kbd>←</kbd>back
        </span>
      ) : (
        <>
          <span>
            <kbd>tab</kbd>scope
          </span>
          <span>
            <kbd>&gt;</kbd>actions
          </span>
          <span>
            <kbd>@</kbd>people
          </span>
          <span>
            <kbd>#</kbd>tags
          </span>
        </>
      )}
      {all !== undefined && (
        <span className="end">
          {all} <kbd>⇧ ↵</kbd>
        </span>
      )}
    </div>
  )
}

interface HeardProps {
  scope: Scope
  total: number | undefined
  choices: number
  typed: boolean
}

/** For those who do not see the list: how much there is, and where. */
export function Heard({ scope, total, choices, typed }: HeardProps) {
  const where = scope === 'all' ? '' : ` in ${scopeNames[scope]}`
  return (
    <p className="sr" role="status">
      {typed ? `${count(total ?? choices, 'result')}${where}` : where && `Looking${where}`}
    </p>
  )
}

import { listChange } from '../../lib/change-words.ts'
import type { FieldChange } from '../../lib/portico.ts'
import { lineDiff, linesOf, near, type DiffLine } from './line-diff.ts'
import css from './comparison.module.css'

const LONG = 12

/** One field at both points. Long texts show what is near a difference. */
export function ComparedField({ field: { path, from, to } }: { field: FieldChange }) {
  const lines = lineDiff(linesOf(from), linesOf(to))
  const shown = lines.length > LONG ? near(lines) : lines
  const lists = listChange(from, to)
  return (
    <div className={css['field']}>
      <h3 className="mono small">{path}</h3>
      {lists && (lists.added.length > 0 || lists.removed.length > 0) && (
        <p className="sr">
          {lists.removed.length > 0 && `without ${lists.removed.join(', ')}`}{' '}
          {lists.added.length > 0 && `with ${lists.added.join(', ')}`}
        </p>
      )}
      <div className={css['lines']}>
        {shown.map((line, i) => (line ? <Line key={i} line={line} /> : <Gap key={i} />))}
        {from === undefined && <Unset side="was" />}
        {to === undefined && <Unset side="now" />}
      </div>
    </div>
  )
}

function Gap() {
  return (
    <span className={css['gap']}>
      <span aria-hidden="true">⋯</span>
      <span className="sr">lines that are the same are left out</span>
    </span>
  )
}

/** A line of both is one element in the unified view, and two beside each other else: the style sheet decides. */
function Line({ line: { was, now } }: { line: DiffLine }) {
  if (was === now)
    return (
      <>
        <span className={css['same']}>{was || ' '}</span>
        <span className={`${css['same'] ?? ''} ${css['again'] ?? ''}`} aria-hidden="true">
          {now || ' '}
        </span>
      </>
    )
  return (
    <>
      {was === undefined ? (
        <span className={css['blank']} aria-hidden="true" />
      ) : (
        <del className={css['was']}>
          <span className="sr">was </span>
          {was || ' '}
        </del>
      )}
      {now === undefined ? (
        <span className={css['blank']} aria-hidden="true" />
      ) : (
        <ins className={css['now']}>
          <span className="sr">now </span>
          {now || ' '}
        </ins>
      )}
    </>
  )
}

function Unset({ side }: { side: 'was' | 'now' }) {
  return <span className={`${css['unset'] ?? ''} ${css[`${side}Unset`] ?? ''} quiet small`}>not set</span>
}

import { isCut, listChange, statusLines } from '../../lib/change-words.ts'
import { kilobytes } from '../../lib/format.ts'
import type { FieldChange } from '../../lib/portico.ts'
import css from './history.module.css'

/** One field: what stood there, what stands there now. Lists of words show what came and went. */
export function FieldDiff({ field: { path, from, to } }: { field: FieldChange }) {
  const list = listChange(from, to)
  return (
    <div className={css['field']}>
      <span className="mono small">{path}</span>
      {list ? (
        <span className={css['values']}>
          {list.removed.map((word) => (
            <Value key={`-${word}`} was text={word} />
          ))}
          {list.added.map((word) => (
            <Value key={`+${word}`} text={word} />
          ))}
        </span>
      ) : (
        <span className={css['values']}>
          {from === undefined ? <span className="quiet">not set</span> : <Value was text={show(from)} />}
          <span className="quiet" aria-hidden="true">
            →
          </span>
          {to === undefined ? <span className="quiet">not set</span> : <Value text={show(to)} />}
        </span>
      )}
    </div>
  )
}

function Value({ text, was = false }: { text: string; was?: boolean }) {
  return was ? (
    <del className={css['was']}>
      <span className="sr">was </span>
      {text}
    </del>
  ) : (
    <ins className={css['now']}>
      <span className="sr">now </span>
      {text}
    </ins>
  )
}

function show(value: unknown): string {
  if (isCut(value)) return `${value.start}… (${kilobytes(value.bytes)})`
  return typeof value === 'string' ? value : (statusLines(value) ?? JSON.stringify(value, null, 2))
}

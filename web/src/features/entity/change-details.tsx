import type { Change, FieldChange } from '../../lib/portico.ts'
import { FieldDiff } from './field-diff.tsx'
import type { HistorySearch } from './history-search.ts'
import { sourceWords } from './source-words.ts'
import css from './history.module.css'

interface EndsProps {
  revision: number
  search: HistorySearch
  onChange: (next: HistorySearch) => void
}

/** Makes this change one of the two points. The arrow keys go from change to change. */
export function ChangeEnds({ revision, search, onChange }: EndsProps) {
  const { from, to } = search
  return (
    <span className={css['ends']}>
      <label>
        <input
          type="radio"
          name="from"
          checked={from === revision}
          onChange={() => {
            onChange({ ...search, from: revision })
          }}
        />
        From<span className="sr"> revision {revision}</span>
      </label>
      <label>
        <input
          type="radio"
          name="to"
          checked={to === revision}
          onChange={() => {
            onChange({ ...search, to: revision })
          }}
        />
        To<span className="sr"> revision {revision}</span>
      </label>
    </span>
  )
}

/** What a change changed, and where it came from. */
export function ChangeDetails({ change }: { change: Change }) {
  const diff = change.diff ?? []
  return (
    <>
      {change.op === 'updated' && diff.length > 0 && (
        <div className={css['diff']}>
          {diff.map((field: FieldChange) => (
            <FieldDiff key={field.path} field={field} />
          ))}
        </div>
      )}
      <p className="quiet small">
        {change.source && change.op !== 'created' ? `${sourceWords(change)} · revision` : 'Revision'} {change.revision}
      </p>
    </>
  )
}

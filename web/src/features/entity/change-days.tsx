import { dayHeading, locationTarget, shortPath } from '../../lib/format.ts'
import { useNow } from '../../lib/now.ts'
import type { Change, FieldChange } from '../../lib/portico.ts'
import { Section } from '../../ui/section.tsx'
import { byDay } from './by-day.ts'
import { ChangeLine } from './change-line.tsx'
import { FieldDiff } from './field-diff.tsx'
import type { HistorySearch } from './history-search.ts'
import css from './history.module.css'

interface DaysProps {
  changes: Change[]
  search: HistorySearch
  /** Chooses the points that are compared, while there are some. */
  onChange: ((next: HistorySearch) => void) | undefined
}

/** Changes, a day at a time. */
export function ChangeDays({ changes, search, onChange }: DaysProps) {
  const now = useNow()
  return byDay(changes).map(({ day, changes: some }) => (
    <Section key={day} title={dayHeading(new Date(some[0]?.at ?? day), now)}>
      <ol>
        {some.map((change) => (
          <ChangeLine key={change.revision} change={change}>
            <Details change={change} />
            {onChange && <Ends revision={change.revision} search={search} onChange={onChange} />}
          </ChangeLine>
        ))}
      </ol>
    </Section>
  ))
}

interface EndsProps {
  revision: number
  search: HistorySearch
  onChange: (next: HistorySearch) => void
}

/** Makes this change one of the two points. The arrow keys go from change to change. */
function Ends({ revision, search, onChange }: EndsProps) {
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

/** What differs after a change, and where that came from. */
function Details({ change }: { change: Change }) {
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
        {change.source && change.op !== 'created'
          ? `From ${shortPath(locationTarget(change.source))} · revision`
          : 'Revision'}{' '}
        {change.revision}
      </p>
    </>
  )
}

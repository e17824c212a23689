import { useQuery } from '@tanstack/react-query'
import { parseRef } from '../../lib/entity.ts'
import { useMention } from '../../lib/summaries.ts'
import { count, number } from '../../lib/words.ts'
import { Button } from '../../ui/button.tsx'
import { historySummaryQuery } from './api.ts'
import { narrowOf, type Narrow } from './history-search.ts'
import css from './history.module.css'

interface Props {
  entityRef: string
  narrow: Narrow
  onChange: (next: Narrow) => void
}

/** Which changes are listed: of which field, by whom, until when. What can be chosen is of all that are kept. */
export function HistoryFilter({ entityRef, narrow, onChange }: Props) {
  const { data } = useQuery(historySummaryQuery(entityRef))
  const set = (key: keyof Narrow, value: string) => {
    onChange(narrowOf({ ...narrow, [key]: value || undefined }))
  }
  const fields = data?.fields ?? []
  const actors = data?.actors ?? []
  const { field = '', by = '', until = '' } = narrow
  return (
    <div className={css['filter']} role="group" aria-label="Which changes">
      <label>
        <span>Changes of</span>
        <select
          value={field}
          onChange={(event) => {
            set('field', event.target.value)
          }}
        >
          <option value="">all fields</option>
          {field !== '' && fields.every((f) => f.path !== field) && <option value={field}>{field}</option>}
          {fields.map((f) => (
            <option key={f.path} value={f.path}>
              {f.path} ({number(f.count)})
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>by</span>
        <select
          value={by}
          onChange={(event) => {
            set('by', event.target.value)
          }}
        >
          <option value="">anybody</option>
          {by !== '' && actors.every((a) => a.actor !== by) && <ActorOption actor={by} />}
          {actors.map((a) => (
            <ActorOption key={a.actor} actor={a.actor} n={a.count} />
          ))}
        </select>
      </label>
      <label>
        <span>until</span>
        <input
          type="date"
          value={until}
          min={data?.oldest ? dayOf(new Date(data.oldest)) : undefined}
          max={dayOf(new Date())}
          onChange={(event) => {
            set('until', event.target.value)
          }}
        />
      </label>
      {(field || by || until) && (
        <Button
          size="xs"
          variant="subtle"
          onClick={() => {
            onChange({})
          }}
        >
          Show all
        </Button>
      )}
      <span className={`${css['kept'] ?? ''} quiet small`}>
        {data &&
          (data.since === undefined
            ? `${count(data.changes, 'change')} ${data.changes === 1 ? 'is' : 'are'} kept`
            : `Fields and people are those of the last ${count(data.changes, 'change')}`)}
      </span>
    </div>
  )
}

/** A day as a field of the page has it, where the person is. */
function dayOf(at: Date): string {
  const two = (n: number) => String(n).padStart(2, '0')
  return `${String(at.getFullYear())}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
}

function ActorOption({ actor, n }: { actor: string; n?: number }) {
  const { kind, name } = parseRef(actor)
  const times = n === undefined ? '' : ` (${number(n)})`
  if (kind === 'user' && name !== 'guest') return <PersonOption actor={actor} times={times} />
  return (
    <option value={actor}>
      {actorWords(actor)}
      {times}
    </option>
  )
}

function PersonOption({ actor, times }: { actor: string; times: string }) {
  const { title } = useMention(actor)
  return (
    <option value={actor}>
      {title}
      {times}
    </option>
  )
}

const parts: Record<string, string> = {
  watch: 'a file that changed',
  schedule: 'a reading on schedule',
  start: 'a start of the portal',
  expire: 'the end of a grace period',
}

/** Who made a change, where it was no person of the catalog. */
export function actorWords(actor: string): string {
  const { kind, name } = parseRef(actor)
  if (kind === 'user') return name === 'guest' ? 'a guest' : name
  if (kind === 'system') return parts[name] ?? `the portal (${name})`
  return name || actor
}

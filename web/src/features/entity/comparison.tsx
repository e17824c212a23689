import { useQuery } from '@tanstack/react-query'
import { ArrowLeftRight, Link2, X } from 'lucide-react'
import { copyText } from '../../lib/clipboard.ts'
import { changeWords } from '../../lib/change-words.ts'
import { locationTarget, shortPath } from '../../lib/format.ts'
import type { ComparedPoint, Comparison as Compared } from '../../lib/portico.ts'
import { capital, count, listed } from '../../lib/words.ts'
import { Actor } from '../../ui/actor.tsx'
import { RowBones } from '../../ui/bones.tsx'
import { Button, IconButton } from '../../ui/button.tsx'
import { Fresh } from '../../ui/fresh.tsx'
import { Icon } from '../../ui/icon.tsx'
import { ErrorStrip } from '../../ui/strip.tsx'
import { say } from '../../ui/toast.tsx'
import { comparisonQuery } from './api.ts'
import { ComparedField } from './compared-field.tsx'
import type { HistorySearch } from './history-search.ts'
import css from './comparison.module.css'

interface Props {
  entityRef: string
  from: number
  to: number | undefined
  view: HistorySearch['view']
  onChange: (next: HistorySearch) => void
}

/** What differs between two points: who made each, when and where, then field by field. */
export function Comparison({ entityRef, from, to, view, onChange }: Props) {
  const { data, error, refetch } = useQuery(comparisonQuery(entityRef, from, to))
  const search = { from, ...(to === undefined ? {} : { to }) }
  return (
    <section className={css['box']} aria-label="Comparison">
      <header className={css['head']}>
        <h2 className="grow">
          <span role="status">{data ? headline(data) : 'Comparing'}</span>
        </h2>
        <div className={css['acts']}>
          <span className={`${css['views'] ?? ''} wide`} role="group" aria-label="How it is shown">
            <Button
              size="xs"
              variant={view === 'unified' ? 'subtle' : 'default'}
              aria-pressed={view !== 'unified'}
              onClick={() => {
                onChange(search)
              }}
            >
              Side by side
            </Button>
            <Button
              size="xs"
              variant={view === 'unified' ? 'default' : 'subtle'}
              aria-pressed={view === 'unified'}
              onClick={() => {
                onChange({ ...search, view: 'unified' })
              }}
            >
              Unified
            </Button>
          </span>
          {to !== undefined && (
            <IconButton
              label="Swap the two points"
              onClick={() => {
                onChange({ from: to, to: from, ...(view ? { view } : {}) })
              }}
            >
              <Icon of={ArrowLeftRight} />
            </IconButton>
          )}
          <IconButton
            label="Copy a link to this comparison"
            onClick={() => {
              // Now is another revision tomorrow: who gets the link sees what was meant.
              const link = new URL(window.location.href)
              if (data) link.searchParams.set('to', String(data.to.revision))
              void copyText(link.href).then((done) => {
                say(done ? 'Copied the link.' : `The browser refused to copy. The link is ${link.href}`)
              })
            }}
          >
            <Icon of={Link2} />
          </IconButton>
          <IconButton
            label="End the comparison"
            onClick={() => {
              onChange({})
            }}
          >
            <Icon of={X} />
          </IconButton>
        </div>
      </header>
      {error ? (
        <ErrorStrip error={error} what="They were not compared." onRetry={() => void refetch()} />
      ) : data ? (
        <>
          <dl className={css['points']}>
            <Point name="From" point={data.from} />
            <Point name="To" point={data.to} now={to === undefined} />
          </dl>
          <Notes compared={data} />
          {data.diff.length > 0 && (
            <div className={css['fields']} data-view={view ?? 'split'}>
              {data.diff.map((field) => (
                <ComparedField key={field.path} field={field} />
              ))}
            </div>
          )}
        </>
      ) : (
        <RowBones rows={3} />
      )}
    </section>
  )
}

function headline({ diff, changes }: Compared): string {
  if (diff.length > 0) return `${count(diff.length, 'field differs', 'fields differ')}`
  return changes === 0 ? 'Nothing changed between the two' : 'They are the same: what was changed was changed back'
}

function Point({ name, point, now = false }: { name: string; point: ComparedPoint; now?: boolean }) {
  const { revision, change, there, op, at, actor, source } = point
  return (
    <div>
      <dt className="quiet small">{name}</dt>
      <dd>
        <b>{now ? 'Now' : `Revision ${String(change ?? revision)}`}</b>
        <p className="muted">
          {!there
            ? op === 'removed'
              ? 'It was removed'
              : 'It was not in the catalog yet'
            : at
              ? capital(op === 'updated' ? 'changed' : changeWords({ op: op ?? 'updated', diff: [] }))
              : 'As it was before the oldest change that is kept'}
          {at && (
            <>
              {' '}
              <Fresh at={at} />
            </>
          )}
          <Actor actor={actor} />
        </p>
        {source && <p className="quiet small">from {shortPath(locationTarget(source))}</p>}
      </dd>
    </div>
  )
}

const happened: Record<string, string> = {
  created: 'added',
  missing: 'missing',
  returned: 'found again',
  removed: 'removed',
  restored: 'restored',
}

function Notes({ compared: { between, changes, since, diff } }: { compared: Compared }) {
  const events = [...new Set(between.map((e) => happened[e.op] ?? e.op))]
  return (
    <p className={`${css['notes'] ?? ''} muted`}>
      {changes > 0 && `${count(changes, 'change')} in between.`}{' '}
      {events.length > 0 && `It was ${listed(events)} in between.`}{' '}
      {since !== undefined && 'Another entity of this name was made in between: what differs is told from there on.'}{' '}
      {diff.some((d) => d.path === '') && 'The whole of it differs.'}
    </p>
  )
}

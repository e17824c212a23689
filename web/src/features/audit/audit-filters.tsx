import { ChevronDown, SlidersHorizontal } from 'lucide-react'
import { useState, type ComponentPropsWithRef } from 'react'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { narrowing, type AuditSearch } from './audit-search.ts'
import { knownActions } from './audit-words.ts'
import { RangeField } from './range-field.tsx'
import { RefField } from './ref-field.tsx'
import css from './audit.module.css'

interface Props {
  search: AuditSearch
  go: (next: AuditSearch) => void
}

/** What narrows the list. Each choice counts at once. */
export function AuditFilters({ search, go }: Props) {
  const [open, setOpen] = useState(false)
  const narrows = narrowing(search)
  const set = (by: AuditSearch) => {
    go({ ...search, ...by, record: undefined })
  }
  const pick = (name: 'actor' | 'action' | 'target') => (value: string | undefined) => {
    set({ [name]: value })
  }
  const other = search.action !== undefined && !knownActions.some(({ action }) => action === search.action)
  return (
    <div className={css['filters']} data-open={open} role="search" aria-label="Filters">
      <div className={css['fold']}>
        <Button
          aria-expanded={open}
          leftSection={<Icon of={SlidersHorizontal} size={14} />}
          onClick={() => {
            setOpen(!open)
          }}
        >
          {narrows === 0 ? 'Filters' : `Filters · ${String(narrows)}`}
        </Button>
      </div>
      <RefField label="Who" of="people" hint="Anybody" value={search.actor} onPick={pick('actor')} />
      <Choice label="Did what" value={search.action} onValue={pick('action')}>
        <option value="">Anything</option>
        {other && <option value={search.action}>{search.action}</option>}
        {knownActions.map(({ action, title }) => (
          <option key={action} value={action}>
            {title}
          </option>
        ))}
      </Choice>
      <RefField label="On what" of="all" hint="Anything" value={search.target} onPick={pick('target')} />
      <Choice
        label="Outcome"
        value={search.outcome}
        onValue={(outcome) => {
          set({ outcome: outcome as AuditSearch['outcome'] })
        }}
      >
        <option value="">Either</option>
        <option value="allowed">Allowed</option>
        <option value="denied">Refused</option>
      </Choice>
      <RangeField range={{ from: search.from, to: search.to }} onRange={set} />
      {narrows > 0 && (
        <Button
          variant="subtle"
          onClick={() => {
            go({})
          }}
        >
          Clear
        </Button>
      )}
    </div>
  )
}

interface ChoiceProps extends ComponentPropsWithRef<'select'> {
  label: string
  value: string | undefined
  onValue: (value: string | undefined) => void
}

function Choice({ label, value = '', onValue, children }: ChoiceProps) {
  return (
    <label className={css['field']}>
      <span>{label}</span>
      <span className={css['select']}>
        <select
          value={value}
          onChange={(event) => {
            onValue(event.target.value || undefined)
          }}
        >
          {children}
        </select>
        <Icon of={ChevronDown} size={14} />
      </span>
    </label>
  )
}

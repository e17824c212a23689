import { SlidersHorizontal } from 'lucide-react'
import { useState, type ComponentPropsWithRef, type FormEvent } from 'react'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { narrowing, type AuditSearch } from './audit-search.ts'
import { knownActions } from './audit-words.ts'
import css from './audit.module.css'

interface Props {
  search: AuditSearch
  go: (next: AuditSearch) => void
}

/** What narrows the list. A choice counts at once, a text when it is entered or left. */
export function AuditFilters({ search, go }: Props) {
  const [open, setOpen] = useState(false)
  const narrows = narrowing(search)
  const set = (name: keyof AuditSearch, value: string) => {
    if ((search[name] ?? '') !== value) go({ ...search, [name]: value || undefined, record: undefined })
  }
  const enter = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const given = new FormData(event.currentTarget)
    const text = (name: string) => {
      const value = given.get(name)
      return typeof value === 'string' && value.trim() ? value.trim() : undefined
    }
    go({ ...search, actor: text('actor'), target: text('target'), record: undefined })
  }
  const other = search.action !== undefined && !knownActions.some(({ action }) => action === search.action)
  return (
    <form className={css['filters']} data-open={open} aria-label="Filters" onSubmit={enter}>
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
      <Text label="Who" name="actor" value={search.actor} hint="user:default/ann" set={set} />
      <Choice label="Did what" value={search.action} name="action" set={set}>
        <option value="">Anything</option>
        {other && <option value={search.action}>{search.action}</option>}
        {knownActions.map(({ action, title }) => (
          <option key={action} value={action}>
            {title}
          </option>
        ))}
      </Choice>
      <Text label="On what" name="target" value={search.target} hint="api:default/shop" set={set} />
      <Choice label="Outcome" value={search.outcome} name="outcome" set={set}>
        <option value="">Either</option>
        <option value="allowed">Allowed</option>
        <option value="denied">Denied</option>
      </Choice>
      <Day label="From" name="from" value={search.from} max={search.to} set={set} />
      <Day label="To" name="to" value={search.to} min={search.from} set={set} />
      <button type="submit" className="sr" tabIndex={-1}>
        Filter
      </button>
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
    </form>
  )
}

interface FieldProps {
  label: string
  name: keyof AuditSearch
  value: string | undefined
  set: (name: keyof AuditSearch, value: string) => void
}

function Text({ label, name, value = '', hint, set }: FieldProps & { hint: string }) {
  return (
    <label className={css['field']}>
      <span>{label}</span>
      <input
        key={value} // the URL changed without us (back, clear): the field follows it
        name={name}
        defaultValue={value}
        placeholder={hint}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        onBlur={(e) => {
          set(name, e.target.value.trim())
        }}
      />
    </label>
  )
}

function Choice({ label, name, value = '', set, children }: FieldProps & ComponentPropsWithRef<'select'>) {
  return (
    <label className={css['field']}>
      <span>{label}</span>
      <select
        value={value}
        onChange={(e) => {
          set(name, e.target.value)
        }}
      >
        {children}
      </select>
    </label>
  )
}

function Day({
  label,
  name,
  value = '',
  set,
  ...rest
}: FieldProps & { min?: string | undefined; max?: string | undefined }) {
  return (
    <label className={css['field']}>
      <span>{label}</span>
      <input
        type="date"
        {...rest}
        value={value}
        onChange={(e) => {
          set(name, e.target.value)
        }}
      />
    </label>
  )
}

import { useNow } from '../../lib/now.ts'
import { day } from '../../lib/format.ts'
import type { Scope } from '../../lib/portico.ts'
import { count } from '../../lib/words.ts'
import { dayChoices } from './words.ts'
import css from './you.module.css'

interface ScopesProps {
  scopes: Scope[]
  chosen: string[]
  onChange: (chosen: string[]) => void
}

/** What the token may do, in words; the scope's name stands beside it for those who write scripts. */
export function ScopeFields({ scopes, chosen, onChange }: ScopesProps) {
  // Asked for by name, and no group: a single permission.
  const single = chosen.filter((name) => !scopes.some((s) => s.name === name))
  const all = [...scopes, ...single.map((name) => ({ name, title: name, permissions: [name] }))]
  return (
    <fieldset className={css['scopes']}>
      <legend>What it may do</legend>
      {all.map(({ name, title }) => (
        <label key={name} className={css['scope']}>
          <input
            type="checkbox"
            checked={chosen.includes(name)}
            onChange={(e) => {
              onChange(e.target.checked ? [...chosen, name] : chosen.filter((c) => c !== name))
            }}
          />
          <span>
            {title} {title !== name && <span className="quiet small mono">{name}</span>}
          </span>
        </label>
      ))}
    </fieldset>
  )
}

interface DaysProps {
  days: number
  usual: number
  most: number
  onChange: (days: number) => void
}

export function DaysField({ days, usual, most, onChange }: DaysProps) {
  const now = useNow()
  const end = new Date(now.getTime() + days * 24 * 3_600_000)
  return (
    <label className={css['field']}>
      <span>Lasts</span>
      <select
        value={days}
        onChange={(e) => {
          onChange(Number(e.target.value))
        }}
      >
        {dayChoices(most, usual).map((d) => (
          <option key={d} value={d}>
            {count(d, 'day')}
          </option>
        ))}
      </select>
      <span className="quiet small">until {day(end, now)}</span>
    </label>
  )
}

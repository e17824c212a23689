import { Lock } from 'lucide-react'
import { useNow } from '../../lib/now.ts'
import { day } from '../../lib/format.ts'
import type { Scope, Withheld } from '../../lib/portico.ts'
import { allowed, useSession } from '../../lib/session.ts'
import { count } from '../../lib/words.ts'
import { Icon } from '../../ui/icon.tsx'
import { dayChoices, withheldWords } from './words.ts'
import css from './you.module.css'

interface ScopesProps {
  scopes: Scope[]
  /** Those that are not offered. */
  withheld?: Withheld[] | undefined
  chosen: string[]
  /** None is chosen, and one has to be. */
  needed?: boolean
  onChange: (chosen: string[]) => void
}

/** What the token may do, in words; the scope's name stands beside it for those who write scripts. */
export function ScopeFields({ scopes, withheld = [], chosen, needed = false, onChange }: ScopesProps) {
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
      {needed && (
        <p className={css['wrong']} role="alert">
          Choose at least one: without a scope the token could do nothing.
        </p>
      )}
      {withheld.length > 0 && <NotOffered withheld={withheld} />}
    </fieldset>
  )
}

/** Which scopes are missing from the choice, and what stands against each. */
function NotOffered({ withheld }: { withheld: Withheld[] }) {
  const session = useSession()
  return (
    <div className={css['withheld']}>
      <p className="quiet small" id="not-offered">
        Not offered, as a service may do no more than who makes its token:
      </p>
      <ul aria-labelledby="not-offered">
        {withheld.map((scope) => (
          <li key={scope.name}>
            <Icon of={Lock} size={14} />
            <span>
              {scope.title} <span className="quiet small mono">{scope.name}</span>
              <span className={`${css['reason'] ?? ''} quiet small`}>
                {withheldWords(scope, allowed(session, scope.permission))}
              </span>
            </span>
          </li>
        ))}
      </ul>
    </div>
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

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Database, History, House, Lock, Menu, Search, type LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import { openProblemsQuery } from '../lib/ingestion.ts'
import { page } from '../lib/paths.ts'
import { number } from '../lib/words.ts'
import { useWhy } from '../ui/action.tsx'
import { Icon } from '../ui/icon.tsx'
import css from './column.module.css'

interface ColumnProps {
  operator: boolean
  auditor: boolean
  folded: boolean
  foot: ReactNode
}

export function Column({ operator, auditor, folded, foot }: ColumnProps) {
  return (
    <nav className={css['column']} aria-label="Main" data-folded={folded}>
      <NavItem to={page.home} icon={House} label="Home" exact />
      <NavItem to={page.catalog} icon={Menu} label="Catalog" />
      <p className={css['heading']}>Operate</p>
      {operator ? <SourcesItem /> : <LockedItem may="catalog.ingestion.read" icon={Database} label="Sources" />}
      {auditor ? (
        <NavItem to={page.audit} icon={History} label="Audit log" />
      ) : (
        <LockedItem may="portico.audit.read" icon={History} label="Audit log" />
      )}
      <div className={css['foot']}>{foot}</div>
    </nav>
  )
}

function SourcesItem() {
  const { data: open = 0 } = useQuery(openProblemsQuery)
  return <NavItem to="/operate" icon={Database} label="Sources" count={open} countWords={`${number(open)} problems`} />
}

interface BarProps {
  operator: boolean
  auditor: boolean
  onFind: () => void
}

interface NavItemProps {
  to: string
  icon: LucideIcon
  label: string
  exact?: boolean
  count?: number
  countWords?: string
}

function NavItem({ to, icon, label, exact = false, count = 0, countWords }: NavItemProps) {
  return (
    <Link to={to} className={css['nav']} activeOptions={{ exact, includeSearch: false }} title={label}>
      <Icon of={icon} />
      <span className={css['label']}>{label}</span>
      {count > 0 && (
        <span className={css['n']}>
          <span aria-hidden="true">{number(count)}</span>
          <span className="sr">{countWords}</span>
        </span>
      )}
    </Link>
  )
}

/** A place that the person may not enter, and why. */
function LockedItem({ may, icon, label }: { may: string; icon: LucideIcon; label: string }) {
  const why = useWhy(may)
  return (
    <>
      <button type="button" {...why.button} className={css['nav']}>
        <Icon of={icon} />
        <span className={css['label']}>{label}</span>
        <span className={css['n']}>
          <Icon of={Lock} size={14} />
        </span>
      </button>
      {why.reason}
    </>
  )
}

/** The same places at the bottom of a phone. */
export function BottomBar({ operator, auditor, onFind }: BarProps) {
  return (
    <nav className={css['bar']} aria-label="Main, bottom">
      <Link to={page.home} activeOptions={{ exact: true, includeSearch: false }}>
        <Icon of={House} size={20} />
        Home
      </Link>
      <Link to={page.catalog} activeOptions={{ includeSearch: false }}>
        <Icon of={Menu} size={20} />
        Catalog
      </Link>
      <button type="button" onClick={onFind}>
        <Icon of={Search} size={20} />
        Search
      </button>
      {operator && (
        <Link to="/operate" activeOptions={{ includeSearch: false }}>
          <Icon of={Database} size={20} />
          Sources
        </Link>
      )}
      {auditor && (
        <Link to={page.audit} activeOptions={{ includeSearch: false }}>
          <Icon of={History} size={20} />
          Audit
        </Link>
      )}
    </nav>
  )
}

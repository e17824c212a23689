import { useQuery } from '@tanstack/react-query'
import { Link, useLocation } from '@tanstack/react-router'
import { ChartNoAxesColumn, Database, History, House, Lock, Menu, UserRound, type LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import { openProblemsQuery } from '../lib/ingestion.ts'
import { besideCatalog, page } from '../lib/paths.ts'
import { number } from '../lib/words.ts'
import { useWhy } from '../ui/action.tsx'
import { Icon } from '../ui/icon.tsx'
import css from './column.module.css'
import { Starred } from './starred.tsx'

interface ColumnProps {
  operator: boolean
  auditor: boolean
  folded: boolean
  foot: ReactNode
}

export function Column({ operator, auditor, folded, foot }: ColumnProps) {
  const beside = useLocation({ select: (l) => besideCatalog(l.pathname) })
  return (
    <nav className={css['column']} aria-label="Main" data-folded={folded}>
      <NavItem to={page.home} icon={House} label="Home" exact />
      <NavItem to={page.catalog} icon={Menu} label="Catalog" within={beside} />
      <NavItem to={page.insights} icon={ChartNoAxesColumn} label="Insights" />
      <NavItem to={page.ownership} icon={UserRound} label="Ownership" />
      <Starred />
      <p className={css['heading']}>Operate</p>
      <Operate operator={operator} auditor={auditor} />
      <div className={css['foot']}>{foot}</div>
    </nav>
  )
}

/** The places of those who run the portal; locked, with the reason, for everybody else. */
export function Operate({ operator, auditor }: Pick<ColumnProps, 'operator' | 'auditor'>) {
  return (
    <>
      {operator ? <SourcesItem /> : <LockedItem may="catalog.ingestion.read" icon={Database} label="Sources" />}
      {auditor ? (
        <NavItem to={page.audit} icon={History} label="Audit log" />
      ) : (
        <LockedItem may="portico.audit.read" icon={History} label="Audit log" />
      )}
    </>
  )
}

function SourcesItem() {
  const { data: open = 0 } = useQuery(openProblemsQuery)
  return <NavItem to="/operate" icon={Database} label="Sources" count={open} countWords={`${number(open)} problems`} />
}

interface NavItemProps {
  to: string
  icon: LucideIcon
  label: string
  exact?: boolean
  /** The page belongs here, though its address is not below. */
  within?: boolean
  count?: number
  countWords?: string
}

export function NavItem({ to, icon, label, exact = false, within, count = 0, countWords }: NavItemProps) {
  return (
    <Link
      to={to}
      className={css['nav']}
      activeOptions={{ exact, includeSearch: false }}
      aria-current={within || undefined}
      title={label}
    >
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

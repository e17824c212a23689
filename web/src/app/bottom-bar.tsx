import { Link, useLocation } from '@tanstack/react-router'
import { Ellipsis, House, Menu, Search } from 'lucide-react'
import { lazy, Suspense, useState, type ReactNode } from 'react'
import { besideCatalog, page } from '../lib/paths.ts'
import { Icon } from '../ui/icon.tsx'
import css from './bottom-bar.module.css'

const MoreSheet = lazy(async () => ({ default: (await import('./more-sheet.tsx')).MoreSheet }))

interface Props {
  operator: boolean
  auditor: boolean
  onFind: () => void
  /** The connection of the change feed. */
  foot: ReactNode
}

/** The column's places at the bottom of a phone: the four that fit, and the rest in a sheet. */
export function BottomBar({ operator, auditor, onFind, foot }: Props) {
  const [open, setOpen] = useState(false)
  const { pathname } = useLocation()
  const more = /^\/(operate|audit|settings|insights)(\/|$)/.test(pathname)
  return (
    <>
      <nav className={css['bar']} aria-label="Main, bottom">
        <Link to={page.home} activeOptions={{ exact: true, includeSearch: false }}>
          <Icon of={House} size={20} />
          Home
        </Link>
        <Link
          to={page.catalog}
          activeOptions={{ includeSearch: false }}
          aria-current={besideCatalog(pathname) || undefined}
        >
          <Icon of={Menu} size={20} />
          Catalog
        </Link>
        <button type="button" onClick={onFind}>
          <Icon of={Search} size={20} />
          Search
        </button>
        <button
          type="button"
          aria-haspopup="dialog"
          aria-current={more || undefined}
          aria-expanded={open}
          onClick={() => {
            setOpen(true)
          }}
        >
          <Icon of={Ellipsis} size={20} />
          More
        </button>
      </nav>
      <Suspense>
        {open && (
          <MoreSheet
            operator={operator}
            auditor={auditor}
            foot={foot}
            onClose={() => {
              setOpen(false)
            }}
          />
        )}
      </Suspense>
    </>
  )
}

import { Link, useLocation } from '@tanstack/react-router'
import { Ellipsis, House, KeyRound, Menu, Search, UserRound, X } from 'lucide-react'
import { useEffect, useId, useRef, useState, type ReactNode } from 'react'
import { page } from '../lib/paths.ts'
import { IconButton } from '../ui/button.tsx'
import { Icon } from '../ui/icon.tsx'
import css from './bottom-bar.module.css'
import { NavItem, Operate } from './column.tsx'

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
  const more = /^\/(operate|audit|settings)(\/|$)/.test(pathname)
  return (
    <>
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
    </>
  )
}

interface SheetProps extends Pick<Props, 'operator' | 'auditor' | 'foot'> {
  onClose: () => void
}

/** The browser's own dialog: it keeps the focus, closes with Escape after what is open above it, and gives the focus back. */
function MoreSheet({ operator, auditor, foot, onClose }: SheetProps) {
  const title = useId()
  const sheet = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const dialog = sheet.current
    if (dialog?.open === false) dialog.showModal()
    // Beside it, or on a place: whoever goes somewhere sees where they are.
    const done = ({ target }: MouseEvent) => {
      if (target === dialog || (target instanceof Element && target.closest('a'))) dialog?.close()
    }
    // Wider, the column has all of it, and a dialog over it would have no way back.
    const wide = window.matchMedia('(min-width: 761px)')
    const close = () => dialog?.close()
    dialog?.addEventListener('click', done)
    wide.addEventListener('change', close)
    return () => {
      dialog?.removeEventListener('click', done)
      wide.removeEventListener('change', close)
    }
  }, [])
  const close = () => sheet.current?.close()
  return (
    <dialog ref={sheet} className={css['sheet']} aria-labelledby={title} onClose={onClose}>
      <div className={css['body']}>
        <div className={css['head']}>
          <h2 id={title}>More</h2>
          <IconButton label="Close" onClick={close}>
            <Icon of={X} />
          </IconButton>
        </div>
        <nav className={css['places']} aria-label="More places">
          <p>Operate</p>
          <Operate operator={operator} auditor={auditor} />
          <p>You</p>
          <NavItem to={page.you} icon={UserRound} label="You, your sessions and tokens" exact />
          <NavItem to={page.rights} icon={KeyRound} label="What may I do?" />
        </nav>
        <div className={css['foot']}>{foot}</div>
      </div>
    </dialog>
  )
}

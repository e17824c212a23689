import { ChartNoAxesColumn, Contrast, KeyRound, UserRound, X } from 'lucide-react'
import { useEffect, useId, useRef, type ReactNode } from 'react'
import { page } from '../lib/paths.ts'
import { IconButton } from '../ui/button.tsx'
import { Icon } from '../ui/icon.tsx'
import css from './bottom-bar.module.css'
import { NavItem, Operate } from './column.tsx'
import { Starred } from './starred.tsx'

interface Props {
  operator: boolean
  auditor: boolean
  /** The connection of the change feed. */
  foot: ReactNode
  onClose: () => void
}

/** The browser's own dialog: it keeps the focus, closes with Escape after what is open above it, and gives the focus back. */
export function MoreSheet({ operator, auditor, foot, onClose }: Props) {
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
          <NavItem to={page.insights} icon={ChartNoAxesColumn} label="Insights" />
          <NavItem to={page.ownership} icon={UserRound} label="Ownership" />
          <p>Operate</p>
          <Operate operator={operator} auditor={auditor} />
          <p>You</p>
          <NavItem to={page.you} icon={UserRound} label="You, your sessions and tokens" exact />
          <NavItem to={page.appearance} icon={Contrast} label="Appearance" />
          <NavItem to={page.rights} icon={KeyRound} label="What you may do" />
          <Starred />
        </nav>
        <div className={css['foot']}>{foot}</div>
      </div>
    </dialog>
  )
}

import { X } from 'lucide-react'
import { useEffect, useId, useRef, type ReactNode } from 'react'
import { IconButton } from './button.tsx'
import css from './drawer.module.css'
import { Icon } from './icon.tsx'

interface Props {
  title: ReactNode
  onClose: () => void
  children: ReactNode
}

/**
 * One of a list, read beside it: at the right, on phones from below. The browser's own dialog: it keeps the focus, closes
 * with Escape or a press beside it, and gives the focus back.
 */
export function Drawer({ title, onClose, children }: Props) {
  const id = useId()
  const drawer = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const dialog = drawer.current
    if (dialog?.open === false) dialog.showModal()
    const beside = ({ target }: MouseEvent) => {
      if (target === dialog) dialog?.close()
    }
    dialog?.addEventListener('click', beside)
    return () => {
      dialog?.removeEventListener('click', beside)
    }
  }, [])
  return (
    <dialog ref={drawer} className={css['drawer']} aria-labelledby={id} onClose={onClose}>
      <div className={css['body']}>
        <div className={css['head']}>
          <h2 id={id}>{title}</h2>
          <IconButton
            label="Close"
            onClick={() => {
              drawer.current?.close()
            }}
          >
            <Icon of={X} />
          </IconButton>
        </div>
        {children}
      </div>
    </dialog>
  )
}

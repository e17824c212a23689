import '@mantine/core/styles/ModalBase.css'
import '@mantine/core/styles/Modal.css'
import '@mantine/core/styles/Overlay.css'
import '@mantine/core/styles/Paper.css'
import { Modal } from '@mantine/core'
import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import { IconButton } from './button.tsx'
import css from './dialog.module.css'
import { Icon } from './icon.tsx'
import { Mantine } from './mantine.tsx'

interface Props {
  title: string
  size?: number
  /** Escape and a click beside it do not close what must not be lost by a slip. */
  firm?: boolean
  onClose: () => void
  children: ReactNode
}

/** A window over the page, for one thing to do. */
export function Dialog({ title, size = 480, firm = false, onClose, children }: Props) {
  return (
    <Mantine>
      <Modal.Root
        opened
        onClose={onClose}
        size={size}
        centered
        lockScroll={false}
        closeOnEscape={!firm}
        closeOnClickOutside={!firm}
        zIndex="var(--z-modal)"
        classNames={{ content: css['content'] ?? '', overlay: css['overlay'] ?? '' }}
      >
        <Modal.Overlay />
        <Modal.Content aria-label={title}>
          <div className={css['body']}>
            <div className={css['head']}>
              <h2>{title}</h2>
              <IconButton label="Close" onClick={onClose}>
                <Icon of={X} />
              </IconButton>
            </div>
            {children}
          </div>
        </Modal.Content>
      </Modal.Root>
    </Mantine>
  )
}

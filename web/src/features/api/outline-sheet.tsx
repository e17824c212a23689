import '@mantine/core/styles/ModalBase.css'
import '@mantine/core/styles/Drawer.css'
import '@mantine/core/styles/Overlay.css'
import '@mantine/core/styles/Paper.css'
import { Drawer } from '@mantine/core'
import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import { IconButton } from '../../ui/button.tsx'
import dialog from '../../ui/dialog.module.css'
import { Icon } from '../../ui/icon.tsx'
import { Mantine } from '../../ui/mantine.tsx'
import css from './outline-sheet.module.css'

interface Props {
  title: string
  /** It comes from the bottom edge, as on a phone; else from the side. */
  low: boolean
  children: ReactNode
  onClose: () => void
}

/** The list of what a definition offers, over the page, where there is no room for it beside. */
export function OutlineSheet({ title, low, children, onClose }: Props) {
  return (
    <Mantine>
      <Drawer.Root
        opened
        onClose={onClose}
        position={low ? 'bottom' : 'left'}
        size={low ? '86%' : '460px'}
        lockScroll={false}
        zIndex="var(--z-drawer)"
        classNames={{
          content: `${css['content'] ?? ''} ${(low ? css['low'] : css['high']) ?? ''}`,
          overlay: dialog['overlay'] ?? '',
        }}
      >
        <Drawer.Overlay />
        <Drawer.Content aria-label={title}>
          <div className={css['head']}>
            <p>{title}</p>
            <IconButton label="Close" onClick={onClose}>
              <Icon of={X} />
            </IconButton>
          </div>
          {children}
        </Drawer.Content>
      </Drawer.Root>
    </Mantine>
  )
}

import '@mantine/core/styles/ModalBase.css'
import '@mantine/core/styles/Drawer.css'
import '@mantine/core/styles/Overlay.css'
import '@mantine/core/styles/Paper.css'
import { Drawer } from '@mantine/core'
import type { ReactNode } from 'react'
import { number } from '../../lib/words.ts'
import { Button } from '../../ui/button.tsx'
import dialog from '../../ui/dialog.module.css'
import { Mantine } from '../../ui/mantine.tsx'
import css from './facet-sheet.module.css'

interface Props {
  total: number | undefined
  children: ReactNode
  onClose: () => void
}

/** The facets from the bottom edge of a phone. Every tick counts at once; the button only closes. */
export function FacetSheet({ total, children, onClose }: Props) {
  return (
    <Mantine>
      <Drawer.Root
        opened
        onClose={onClose}
        position="bottom"
        size="80%"
        lockScroll={false}
        zIndex="var(--z-drawer)"
        classNames={{ content: css['content'] ?? '', overlay: dialog['overlay'] ?? '' }}
      >
        <Drawer.Overlay />
        <Drawer.Content aria-label="Filters">
          <div className={css['body']}>{children}</div>
          <div className={css['foot']}>
            <Button variant="filled" fullWidth onClick={onClose}>
              {total === undefined ? 'Show' : `Show ${number(total)}`}
            </Button>
          </div>
        </Drawer.Content>
      </Drawer.Root>
    </Mantine>
  )
}

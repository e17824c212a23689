import '@mantine/core/styles/ModalBase.css'
import '@mantine/core/styles/Modal.css'
import '@mantine/core/styles/Overlay.css'
import '@mantine/core/styles/Paper.css'
import { Modal } from '@mantine/core'
import { X } from 'lucide-react'
import { singleKeys } from '../lib/preference.ts'
import { IconButton } from '../ui/button.tsx'
import dialog from '../ui/dialog.module.css'
import { Mantine } from '../ui/mantine.tsx'
import { Icon } from '../ui/icon.tsx'
import css from './keys-help.module.css'

const keys: [string[], string][] = [
  [['⌘ K'], 'Find anything (Ctrl K outside macOS)'],
  [['g', 'h'], 'Go home'],
  [['g', 'c'], 'Go to the catalog'],
  [['g', 's'], 'Go to the sources'],
  [['g', 'a'], 'Go to the audit log'],
  [['/'], 'Filter this list'],
  [['j', 'k'], 'Next, previous row'],
  [['↵'], 'Open the row'],
  [['1', '…', '5'], 'Tabs of an entity'],
  [['y'], 'Copy the ref of an entity'],
  [['['], 'Fold the column'],
  [['?'], 'This list'],
]

export function KeysHelp({ onClose }: { onClose: () => void }) {
  const on = singleKeys.use()
  return (
    <Mantine>
      <Modal.Root
        opened
        onClose={onClose}
        size={440}
        centered
        lockScroll={false}
        zIndex="var(--z-modal)"
        classNames={{ content: dialog['content'] ?? '', overlay: dialog['overlay'] ?? '' }}
      >
        <Modal.Overlay />
        <Modal.Content aria-label="Keys">
          <div className={dialog['body']}>
            <div className={dialog['head']}>
              <h2>Keys</h2>
              <IconButton label="Close" onClick={onClose}>
                <Icon of={X} />
              </IconButton>
            </div>
            {!on && <p className="muted">Single letters are off. Your session menu turns them on.</p>}
            <dl className={css['keys']}>
              {keys.map(([combo, words]) => (
                <div key={words}>
                  <dt>
                    {combo.map((k) => (
                      <kbd key={k}>{k}</kbd>
                    ))}
                  </dt>
                  <dd>{words}</dd>
                </div>
              ))}
            </dl>
          </div>
        </Modal.Content>
      </Modal.Root>
    </Mantine>
  )
}

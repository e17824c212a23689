import '@mantine/core/styles/ModalBase.css'
import '@mantine/core/styles/Modal.css'
import '@mantine/core/styles/Overlay.css'
import '@mantine/core/styles/Paper.css'
import { Modal } from '@mantine/core'
import { X } from 'lucide-react'
import { modKey } from '../lib/platform.ts'
import { singleKeys } from '../lib/preference.ts'
import { allowed, useSession } from '../lib/session.ts'
import { IconButton } from '../ui/button.tsx'
import dialog from '../ui/dialog.module.css'
import { Mantine } from '../ui/mantine.tsx'
import { Icon } from '../ui/icon.tsx'
import css from './keys-help.module.css'

type Key = [string[], string]

/** What works, and where. A key that a person may not use is left out. */
const groups: { title: string; keys: Key[]; may?: Record<string, string> }[] = [
  {
    title: 'Everywhere',
    keys: [
      [[`${modKey} K`], 'Find anything'],
      [['g', 'h'], 'Go home'],
      [['g', 'c'], 'Go to the catalog'],
      [['g', 'p'], 'Go to the APIs'],
      [['g', 'g'], 'Go to the graph'],
      [['g', 'r'], 'Register something that exists'],
      [['g', 's'], 'Go to the sources'],
      [['g', 'a'], 'Go to the audit log'],
      [['g', 'i'], 'Go to the insights'],
      [['g', 'y'], 'Go to your settings'],
      [['['], 'Fold the column'],
      [['?'], 'This list'],
    ],
    may: { 'g r': 'catalog.location.create', 'g s': 'catalog.ingestion.read', 'g a': 'portico.audit.read' },
  },
  {
    title: 'While finding',
    keys: [
      [['↑', '↓'], 'Move'],
      [['↵'], 'Open'],
      [[`${modKey} ↵`], 'Open in a new tab'],
      [['→', '←'], 'What can be done with it, and back'],
      [['⇧ ↵'], 'All that was found of its kind'],
      [['Tab'], 'The next scope'],
      [['>', '@', '#'], 'Actions, people and teams, tags'],
    ],
  },
  {
    title: 'In lists',
    keys: [
      [['/'], 'Filter this list'],
      [['j', 'k'], 'Next, previous row'],
      [['↵'], 'Open the row'],
    ],
  },
  {
    title: 'In the catalog',
    keys: [
      [['x'], 'Choose the row'],
      [['⇧ j', '⇧ k'], 'Choose row after row'],
      [['o'], 'Open its owner'],
      [['s'], 'Star it, or take its star back'],
      [['y'], 'Copy its ref'],
      [['←', '→'], 'The links of the row'],
      [['PgUp', 'PgDn'], 'A screen of rows up, down'],
      [['Home', 'End'], 'The first row, the last row'],
      [['Esc'], 'Choose none, or leave the rows'],
    ],
  },
  {
    title: 'On the page of an entity',
    keys: [
      [['1', '…', '5'], 'Tabs'],
      [['s'], 'Star it, or take its star back'],
      [['y'], 'Copy its ref'],
      [['.'], 'More that can be done with it'],
    ],
  },
  {
    title: 'In a graph',
    keys: [
      [['↑', '↓', '←', '→'], 'Along a line'],
      [['↵'], 'Open it, or what it holds'],
      [['f'], 'Begin from it'],
      [['+'], 'One more step from it'],
      [['/'], 'Find what is drawn'],
      [['t'], 'The same as a table'],
      [['Esc'], 'Out of the drawing'],
    ],
  },
  {
    title: 'On the map',
    keys: [
      [['↑', '↓', '←', '→'], 'The next area there'],
      [['↵'], 'Into it'],
      [['⌫'], 'Out again'],
    ],
  },
]

export function KeysHelp({ onClose }: { onClose: () => void }) {
  const on = singleKeys.use()
  const session = useSession()
  return (
    <Mantine>
      <Modal.Root
        opened
        onClose={onClose}
        size={1080}
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
            <div className={css['groups']}>
              {groups.map(({ title, keys, may = {} }) => (
                <section key={title} aria-label={title}>
                  <h3>{title}</h3>
                  <dl className={css['keys']}>
                    {keys
                      .filter(([combo]) => {
                        const permission = may[combo.join(' ')]
                        return permission === undefined || allowed(session, permission)
                      })
                      .map(([combo, words]) => (
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
                </section>
              ))}
            </div>
          </div>
        </Modal.Content>
      </Modal.Root>
    </Mantine>
  )
}

import '@mantine/core/styles/Popover.css'
import '@mantine/core/styles/Menu.css'
import { Menu } from '@mantine/core'
import { Check } from 'lucide-react'
import { setColorScheme, useColorScheme, type ColorScheme } from '../lib/color-scheme.ts'
import type { Session } from '../lib/portico.ts'
import { singleKeys } from '../lib/preference.ts'
import { Icon } from '../ui/icon.tsx'
import { Mantine } from '../ui/mantine.tsx'
import { Monogram } from '../ui/owner.tsx'
import css from './me-menu.module.css'

const schemes: { value: ColorScheme; label: string }[] = [
  { value: 'auto', label: 'As the system' },
  { value: 'light', label: 'Day' },
  { value: 'dark', label: 'Night' },
]

interface Props {
  session: Session
  onKeys: () => void
  className: string
}

/** Who is here, the theme, the keys. Loaded at its first opening, so it starts open. */
export function MeMenu({ session, onKeys, className }: Props) {
  const { choice } = useColorScheme()
  const keysOn = singleKeys.use()
  const name = session.principal?.displayName ?? 'Not signed in'
  return (
    <Mantine>
      <Menu
        defaultOpened
        position="bottom-end"
        withinPortal
        checkIcon={<Icon of={Check} size={14} />}
        classNames={{
          dropdown: css['dropdown'] ?? '',
          item: css['item'] ?? '',
          label: css['label'] ?? '',
          itemIndicator: css['tick'] ?? '',
        }}
      >
        <Menu.Target>
          <button type="button" className={className} aria-label={`${name}: your session`}>
            <Monogram title={name} person size="large" />
          </button>
        </Menu.Target>
        <Menu.Dropdown aria-label="Your session">
          <div className={css['who']}>
            <b>{name}</b>
            <span className="quiet small">{session.principal?.ref}</span>
          </div>
          <Menu.Label>Theme</Menu.Label>
          {schemes.map(({ value, label }) => (
            <Menu.RadioItem
              key={value}
              value={value}
              checked={choice === value}
              onChange={() => {
                setColorScheme(value)
              }}
            >
              {label}
            </Menu.RadioItem>
          ))}
          <Menu.Label>Keyboard</Menu.Label>
          <Menu.CheckboxItem
            checked={keysOn}
            onChange={(on) => {
              singleKeys.set(on)
            }}
          >
            Single-letter keys
          </Menu.CheckboxItem>
          <Menu.Item rightSection={<kbd>?</kbd>} onClick={onKeys}>
            All keys
          </Menu.Item>
          <p className={`${css['foot'] ?? ''} quiet small`}>
            {session.portal.organization ? `${session.portal.organization} · ` : ''}Portico {session.version}
          </p>
        </Menu.Dropdown>
      </Menu>
    </Mantine>
  )
}

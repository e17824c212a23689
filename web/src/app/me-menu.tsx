import '@mantine/core/styles/Popover.css'
import '@mantine/core/styles/Menu.css'
import { Menu } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { Check } from 'lucide-react'
import { setColorScheme, useColorScheme, type ColorScheme } from '../lib/color-scheme.ts'
import type { Session } from '../lib/portico.ts'
import { page } from '../lib/paths.ts'
import { singleKeys } from '../lib/preference.ts'
import { signOut } from '../lib/sign-out.ts'
import { Icon } from '../ui/icon.tsx'
import { Mantine } from '../ui/mantine.tsx'
import { Monogram } from '../ui/owner.tsx'
import css from './me-menu.module.css'

const schemes: { value: ColorScheme; label: string }[] = [
  { value: 'auto', label: 'Match this device' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
]

interface Props {
  session: Session
  onKeys: () => void
  className: string
}

/** Who is here, the theme, the keys. Loaded at its first opening, so it starts open. */
export function MeMenu({ session, onKeys, className }: Props) {
  const { choice } = useColorScheme()
  const navigate = useNavigate()
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
          <Menu.Item
            onClick={() => {
              void navigate({ to: page.you })
            }}
          >
            You, your sessions and tokens
          </Menu.Item>
          <Menu.Item
            onClick={() => {
              void navigate({ to: page.appearance })
            }}
          >
            Appearance
          </Menu.Item>
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
          <Comings session={session} />
          <p className={`${css['foot'] ?? ''} quiet small`}>
            {session.portal.organization ? `${session.portal.organization} · ` : ''}Portico {session.version}
          </p>
        </Menu.Dropdown>
      </Menu>
    </Mantine>
  )
}

/** The way out for who signed in, and the way in for a guest. */
function Comings({ session }: { session: Session }) {
  const [failed, setFailed] = useState(false)
  if (session.guest && (session.signIn?.providers.length ?? 0) > 0)
    return (
      <Menu.Item component="a" href={page.signIn}>
        Sign in
      </Menu.Item>
    )
  if (session.principal?.type !== 'user') return null
  const leave = (all: boolean) => {
    setFailed(false)
    signOut(all).catch(() => {
      setFailed(true)
    })
  }
  return (
    <>
      <Menu.Label>Session</Menu.Label>
      <Menu.Item
        closeMenuOnClick={false}
        onClick={() => {
          leave(false)
        }}
      >
        Sign out
      </Menu.Item>
      <Menu.Item
        closeMenuOnClick={false}
        onClick={() => {
          leave(true)
        }}
      >
        Sign out everywhere
      </Menu.Item>
      {failed && (
        <p className={`${css['foot'] ?? ''} small`} role="alert">
          You are still signed in: Portico does not answer. Try again.
        </p>
      )}
    </>
  )
}

import { Lock } from 'lucide-react'
import type { ComponentPropsWithRef, ReactNode } from 'react'
import { createPortal } from 'react-dom'
import { useMay, useWhy, type Needs } from './action.tsx'
import { Icon } from './icon.tsx'
import { MenuItem } from './menu.tsx'

/** A command of a menu for who may give it. For who may not, the same words, locked: chosen, they say why. */
export function ActionItem({
  may,
  on,
  answer,
  ...rest
}: Needs & ComponentPropsWithRef<'button'> & { quiet?: ReactNode }) {
  if (useMay({ may, answer })) return <MenuItem {...rest} />
  return (
    <LockedItem may={may} on={on}>
      {rest.children}
    </LockedItem>
  )
}

function LockedItem({
  may,
  on,
  children,
}: Pick<Needs, 'may' | 'on'> & Pick<ComponentPropsWithRef<'button'>, 'children'>) {
  const why = useWhy(may, on)
  return (
    <>
      <MenuItem {...why.button} quiet={<Icon of={Lock} size={14} />}>
        {children}
      </MenuItem>
      {/* A menu has nothing in it but its items. */}
      {createPortal(why.reason, document.body)}
    </>
  )
}

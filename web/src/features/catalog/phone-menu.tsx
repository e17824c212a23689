import { useNavigate } from '@tanstack/react-router'
import { page } from '../../lib/paths.ts'
import { allowed, useSession } from '../../lib/session.ts'
import { Menu, MenuChoice, MenuItem, MenuLabel, MenuLine, MenuLink } from '../../ui/menu.tsx'
import type { Opener } from '../../ui/menu-button.tsx'
import type { Asker } from './catalog-query.ts'
import { inSystem, mapped, type CatalogSearch } from './catalog-search.ts'
import { exportHref, filtered, formats } from './export-href.ts'

interface Props extends Opener {
  search: CatalogSearch
  go: (next: CatalogSearch, replace?: boolean) => void
  asker: Asker
}

/** On a phone: all that a wide page has beside its title and its filter. */
export function PhoneMenu({ search, go, asker, ...opener }: Props) {
  const navigate = useNavigate()
  const session = useSession()
  const of = filtered(search, asker)
  const onMap = search.view === 'map'
  const then = (act: () => void) => () => {
    opener.close()
    act()
  }
  return (
    <Menu {...opener} end>
      {mapped(search.kind) && (
        <>
          <MenuLabel>Shown as</MenuLabel>
          <MenuChoice
            checked={!onMap}
            onClick={then(() => {
              go({ ...search, view: undefined, in: inSystem(search) })
            })}
          >
            List
          </MenuChoice>
          <MenuChoice
            checked={onMap}
            onClick={then(() => {
              go({ ...search, view: 'map' })
            })}
          >
            Map
          </MenuChoice>
          <MenuLine />
        </>
      )}
      <MenuItem onClick={then(() => void navigate({ to: page.graph }))}>Graph</MenuItem>
      {allowed(session, 'catalog.location.create') && (
        <MenuItem onClick={then(() => void navigate({ to: page.register }))}>Register</MenuItem>
      )}
      <MenuLine />
      <MenuLabel>Export what the filters leave</MenuLabel>
      {formats.map(({ format, name, says }) => (
        <MenuLink key={format} href={exportHref(of, format)} download quiet={says} onClick={opener.close}>
          {name}
        </MenuLink>
      ))}
    </Menu>
  )
}

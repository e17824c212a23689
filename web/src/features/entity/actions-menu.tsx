import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { refOf, type Entity } from '../../lib/entity.ts'
import { page } from '../../lib/paths.ts'
import { httpUrl } from '../../lib/url.ts'
import { Menu, MenuItem, MenuLine, MenuLink } from '../../ui/menu.tsx'
import type { Opener } from '../../ui/menu-button.tsx'
import { sourceQuery } from './api.ts'

interface Props extends Opener {
  entity: Entity
  onCopy: (text: string) => void
  onUnregister: () => void
}

export function ActionsMenu({ beside, close, entity, onCopy, onUnregister }: Props) {
  const ref = refOf(entity)
  const navigate = useNavigate()
  const { data: source } = useQuery(sourceQuery(ref))
  const said = entity.metadata.annotations ?? {}
  const view = httpUrl(said['backstage.io/view-url']) ?? httpUrl(source?.viewUrl)
  const edit = httpUrl(said['backstage.io/edit-url']) ?? httpUrl(source?.editUrl)
  const run = (what: () => void) => () => {
    close()
    what()
  }
  return (
    <Menu beside={beside} close={close} end>
      {edit && (
        <MenuLink href={edit} target="_blank" rel="noreferrer noopener" onClick={close} quiet="↗">
          Edit its file
        </MenuLink>
      )}
      {view && (
        <MenuLink href={view} target="_blank" rel="noreferrer noopener" onClick={close} quiet="↗">
          View its file
        </MenuLink>
      )}
      <MenuItem onClick={run(() => void navigate({ to: page.entity(ref, 'source') }))}>See its source</MenuItem>
      <MenuItem onClick={run(() => void navigate({ to: page.entity(ref, 'history') }))}>Compare versions</MenuItem>
      <MenuLine />
      <MenuItem
        quiet={<kbd>y</kbd>}
        onClick={run(() => {
          onCopy(ref)
        })}
      >
        Copy its ref
      </MenuItem>
      <MenuItem
        onClick={run(() => {
          onCopy(new URL(page.entity(ref), window.location.href).href)
        })}
      >
        Copy the link to its page
      </MenuItem>
      <MenuLine />
      <MenuItem onClick={run(onUnregister)}>Unregister…</MenuItem>
    </Menu>
  )
}

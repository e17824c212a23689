import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { refOf, type Entity } from '../../lib/entity.ts'
import { page } from '../../lib/paths.ts'
import { httpUrl } from '../../lib/url.ts'
import { ActionItem } from '../../ui/action-item.tsx'
import { Menu, MenuItem, MenuLine, MenuLink } from '../../ui/menu.tsx'
import type { Opener } from '../../ui/menu-button.tsx'
import { usePhone } from '../../lib/widths.ts'
import { sourceQuery } from '../../lib/source.ts'
import { latestChangesQuery } from './api.ts'
import { waysOut } from './ways-out.ts'

interface Props extends Opener {
  entity: Entity
  /** What the server said to the last refresh, where it refused. */
  answer: unknown
  onCopy: (text: string) => void
  onRefresh: () => void
  onEdit: () => void
  onPropose: () => void
  onUnregister: () => void
}

const out = { target: '_blank', rel: 'noreferrer noopener', quiet: '↗' }

/** All that can be done with the entity and does not stand in its header; on a phone, where that has no room, all of it. */
export function ActionsMenu({
  beside,
  close,
  entity,
  answer,
  onCopy,
  onRefresh,
  onEdit,
  onPropose,
  onUnregister,
}: Props) {
  const ref = refOf(entity)
  const navigate = useNavigate()
  const narrow = usePhone()
  const { data: source } = useQuery(sourceQuery(ref))
  const { data: [last, before] = [] } = useQuery(latestChangesQuery(ref))
  const said = entity.metadata.annotations ?? {}
  const view = httpUrl(said['backstage.io/view-url']) ?? httpUrl(source?.viewUrl)
  const edit = httpUrl(said['backstage.io/edit-url']) ?? httpUrl(source?.editUrl)
  const ways = narrow ? waysOut(entity).filter((way) => way.href !== view) : []
  const run = (what: () => void) => () => {
    close()
    what()
  }
  return (
    <Menu beside={beside} close={close} end>
      {ways.map(({ href, label, mail }) => (
        <MenuLink key={href} href={href} onClick={close} {...(mail ? {} : out)}>
          {label}
        </MenuLink>
      ))}
      {ways.length > 0 && <MenuLine />}
      <ActionItem may="catalog.entity.edit" on={ref} quiet={<kbd>e</kbd>} onClick={run(onEdit)}>
        Edit its fields…
      </ActionItem>
      <ActionItem may="catalog.entity.edit" on={ref} onClick={run(onPropose)}>
        Propose as pull request…
      </ActionItem>
      {edit && (
        <MenuLink href={edit} onClick={close} {...out}>
          Edit its file
        </MenuLink>
      )}
      {view ? (
        <MenuLink href={view} onClick={close} {...out}>
          View its file
        </MenuLink>
      ) : (
        <MenuItem onClick={run(() => void navigate({ to: page.entity(ref, 'source') }))}>View its file</MenuItem>
      )}
      {entity.kind.toLowerCase() === 'group' && (
        <ActionItem
          may="catalog.ingestion.manage"
          onClick={run(() => void navigate({ to: page.ownership, search: { tab: 'names', team: ref } }))}
        >
          Renamed or merged…
        </ActionItem>
      )}
      <ActionItem may="catalog.entity.refresh" on={ref} answer={answer} onClick={run(onRefresh)}>
        Refresh
      </ActionItem>
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
      <MenuItem
        onClick={run(() => {
          const search = last && before ? { from: before.revision, to: last.revision } : {}
          void navigate({ to: page.entity(ref, 'history'), search })
        })}
      >
        {last && !before ? 'See its history' : 'Compare versions'}
      </MenuItem>
      <MenuLine />
      <MenuItem onClick={run(onUnregister)}>Unregister…</MenuItem>
    </Menu>
  )
}

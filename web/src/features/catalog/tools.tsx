import { Link } from '@tanstack/react-router'
import { Bookmark, Columns3, Download, Ellipsis, LayoutDashboard, Plus, Rows3, Waypoints } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { page } from '../../lib/paths.ts'
import { useViews } from '../../lib/views.ts'
import { ActionLink } from '../../ui/action.tsx'
import { LinkButton } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { MenuButton } from '../../ui/menu-button.tsx'
import type { Asker } from './catalog-query.ts'
import { inSystem, mapped, type CatalogSearch } from './catalog-search.ts'
import { openView } from './views-state.ts'
import css from './catalog.module.css'

const ColumnsMenu = lazy(async () => ({ default: (await import('./columns-menu.tsx')).ColumnsMenu }))
const ExportFiltered = lazy(async () => ({ default: (await import('./export-menu.tsx')).ExportFiltered }))
const PhoneMenu = lazy(async () => ({ default: (await import('./phone-menu.tsx')).PhoneMenu }))
const SaveView = lazy(async () => ({ default: (await import('./views-dialog.tsx')).SaveView }))
const ManageViews = lazy(async () => ({ default: (await import('./views-dialog.tsx')).ManageViews }))
const ViewsList = lazy(async () => ({ default: (await import('./views-menu.tsx')).ViewsList }))

interface Props {
  search: CatalogSearch
  go: (next: CatalogSearch, replace?: boolean) => void
}

/** Beside the title: the view that is open, and the way to the others. */
export function ViewsMenu({ search, go }: Props) {
  const [views] = useViews()
  const [dialog, setDialog] = useState<'save' | 'manage'>()
  const open = openView(views, search)
  const close = () => {
    setDialog(undefined)
  }
  return (
    <>
      <MenuButton
        holds="menu"
        label="Views"
        variant="subtle"
        size="xs"
        leftSection={<Icon of={Bookmark} size={14} />}
        content={(opener) => <ViewsList {...opener} search={search} go={go} onDialog={setDialog} />}
      >
        <span className={`${css['view'] ?? ''} cut`}>{open ? open.view.name : 'Views'}</span>
        {open?.changed && <span className={css['changed']}>changed</span>}
      </MenuButton>
      <Suspense>
        {dialog === 'save' && <SaveView search={search} go={go} onClose={close} />}
        {dialog === 'manage' && <ManageViews onClose={close} />}
      </Suspense>
    </>
  )
}

/** At the end of the title's line: what is done with all of it. */
export function HeadTools({ search, asker, go }: Props & { asker: Asker }) {
  return (
    <span className={css['tools']}>
      <span className="narrow">
        <MenuButton
          holds="menu"
          label="More"
          aria-label="More of the catalog"
          variant="subtle"
          content={(opener) => <PhoneMenu {...opener} search={search} go={go} asker={asker} />}
        >
          <Icon of={Ellipsis} />
        </MenuButton>
      </span>
      <span className={`${css['tools'] ?? ''} wide`}>
        <LinkButton to={page.graph} variant="subtle" leftSection={<Icon of={Waypoints} size={14} />}>
          Graph
        </LinkButton>
        <ActionLink
          may="catalog.location.create"
          to={page.register}
          variant="subtle"
          leftSection={<Icon of={Plus} size={14} />}
        >
          Register
        </ActionLink>
        <MenuButton
          holds="menu"
          label="Export"
          variant="subtle"
          leftSection={<Icon of={Download} size={14} />}
          content={(opener) => <ExportFiltered {...opener} search={search} asker={asker} />}
        >
          Export
        </MenuButton>
      </span>
    </span>
  )
}

/** The router marks a link as the present one where all of its search is that of the address. */
const exactly = { exact: true }

/** At the end of the filter's line: how the rows are shown. */
export function ListTools({ search, go }: Props) {
  const onMap = search.view === 'map'
  return (
    <>
      {mapped(search.kind) && (
        <div className={css['twins']} role="group" aria-label="Shown as">
          <Link
            to={page.catalog}
            search={{ ...search, view: undefined, in: inSystem(search) }}
            resetScroll={false}
            activeOptions={exactly}
            aria-current={onMap ? undefined : 'page'}
          >
            <Icon of={Rows3} size={14} />
            Table
          </Link>
          <Link
            to={page.catalog}
            search={{ ...search, view: 'map' }}
            resetScroll={false}
            activeOptions={exactly}
            aria-current={onMap ? 'page' : undefined}
          >
            <Icon of={LayoutDashboard} size={14} />
            Map
          </Link>
        </div>
      )}
      {!onMap && (
        <MenuButton
          holds="dialog"
          label="Columns"
          leftSection={<Icon of={Columns3} size={14} />}
          content={(opener) => <ColumnsMenu {...opener} search={search} go={go} />}
        >
          Columns
        </MenuButton>
      )}
    </>
  )
}

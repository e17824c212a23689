import { copyText } from '../../lib/clipboard.ts'
import { useViews } from '../../lib/views.ts'
import { Menu, MenuChoice, MenuItem, MenuLabel, MenuLine } from '../../ui/menu.tsx'
import type { Opener } from '../../ui/menu-button.tsx'
import { say } from '../../ui/toast.tsx'
import type { CatalogSearch } from './catalog-search.ts'
import { hrefOf, openView, searchOf } from './views-state.ts'

interface Props extends Opener {
  search: CatalogSearch
  go: (next: CatalogSearch, replace?: boolean) => void
  onDialog: (which: 'save' | 'manage') => void
}

/** The person's views, and what can be done with the present address. */
export function ViewsList({ search, go, onDialog, ...opener }: Props) {
  const [views, setViews] = useViews()
  const open = openView(views, search)
  const { close } = opener
  const update = () => {
    if (!open) return
    const before = views
    setViews(views.map((v) => (v.id === open.view.id ? { ...v, href: hrefOf(search) } : v)))
    say(`“${open.view.name}” is what you see now.`, {
      undo: () => {
        setViews(before)
      },
    })
    close()
  }
  return (
    <Menu {...opener}>
      {views.length > 0 && <MenuLabel>Your views</MenuLabel>}
      {views.map((view) => {
        const kept = searchOf(view)
        if (!kept) return null
        const on = open?.view.id === view.id
        return (
          <MenuChoice
            key={view.id}
            checked={on}
            quiet={on && open.changed ? 'changed' : undefined}
            onClick={() => {
              go(kept)
              close()
            }}
          >
            {view.name}
          </MenuChoice>
        )
      })}
      {views.length > 0 && <MenuLine />}
      {open?.changed && <MenuItem onClick={update}>Update “{open.view.name}”</MenuItem>}
      <MenuItem
        onClick={() => {
          close()
          onDialog('save')
        }}
      >
        Save as a view…
      </MenuItem>
      <MenuItem
        onClick={() => {
          const url = window.location.origin + hrefOf(search)
          void copyText(url).then((copied) => {
            say(copied ? 'The address of what you see is copied.' : `The browser does not let pages copy. It is ${url}`)
          })
          close()
        }}
      >
        Copy the address
      </MenuItem>
      {views.length > 0 && (
        <MenuItem
          onClick={() => {
            close()
            onDialog('manage')
          }}
        >
          Rename or delete…
        </MenuItem>
      )}
    </Menu>
  )
}

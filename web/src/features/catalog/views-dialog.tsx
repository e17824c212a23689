import { Trash2 } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import { useViews, type View } from '../../lib/views.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Icon } from '../../ui/icon.tsx'
import { say } from '../../ui/toast.tsx'
import type { CatalogSearch } from './catalog-search.ts'
import { cleanName, hrefOf, LONGEST_NAME, MOST_VIEWS, nameTaken } from './views-state.ts'
import css from './views-dialog.module.css'

interface SaveProps {
  search: CatalogSearch
  go: (next: CatalogSearch, replace?: boolean) => void
  onClose: () => void
}

/** Keeps the present address under a name. */
export function SaveView({ search, go, onClose }: SaveProps) {
  const [views, setViews] = useViews()
  const [name, setName] = useState('')
  const [fault, setFault] = useState<string>()
  const save = (event: FormEvent) => {
    event.preventDefault()
    const clean = cleanName(name)
    const wrong =
      clean === ''
        ? 'Write a name, such as “Payments in production”.'
        : nameTaken(views, clean)
          ? `You have a view “${clean}”. Write another name, or update that one.`
          : views.length >= MOST_VIEWS
            ? `You have ${String(MOST_VIEWS)} views, and more are not kept. Delete one first.`
            : undefined
    if (wrong) {
      setFault(wrong)
      return
    }
    const view: View = { id: crypto.randomUUID().slice(0, 8), name: clean, href: hrefOf(search) }
    setViews([...views, view])
    go({ ...search, saved: view.id }, true)
    say(`“${clean}” is saved. Its address works for everybody.`)
    onClose()
  }
  return (
    <Dialog title="Save as a view" size={420} onClose={onClose}>
      <form className={css['form']} onSubmit={save}>
        <label htmlFor="view-name">Name</label>
        <input
          id="view-name"
          className={css['field']}
          value={name}
          maxLength={LONGEST_NAME}
          autoComplete="off"
          data-autofocus
          aria-invalid={fault !== undefined}
          aria-describedby="view-help"
          onChange={(event) => {
            setName(event.target.value)
            setFault(undefined)
          }}
        />
        <p id="view-help" className={fault ? css['fault'] : 'quiet small'} role={fault ? 'alert' : undefined}>
          {fault ?? 'It keeps the kind, filters, order, columns, and whether you see the table or the map.'}
        </p>
        <div className={css['acts']}>
          <Button variant="subtle" onClick={onClose}>
            Cancel
          </Button>
          <Button variant="filled" type="submit">
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

/** Names of the views, and the way to do away with one. */
export function ManageViews({ onClose }: { onClose: () => void }) {
  const [views, setViews] = useViews()
  return (
    <Dialog title="Your views" size={460} onClose={onClose}>
      {views.length === 0 ? (
        <p className="quiet">No view is left.</p>
      ) : (
        <ul className={css['list']}>
          {views.map((view) => (
            <Named
              key={view.id}
              view={view}
              taken={(name) => nameTaken(views, name, view.id)}
              onName={(name) => {
                setViews(views.map((v) => (v.id === view.id ? { ...v, name } : v)))
              }}
              onDelete={() => {
                setViews(views.filter((v) => v.id !== view.id))
                say(`“${view.name}” is deleted.`, {
                  undo: () => {
                    setViews(views)
                  },
                })
              }}
            />
          ))}
        </ul>
      )}
      <div className={css['acts']}>
        <Button onClick={onClose}>Done</Button>
      </div>
    </Dialog>
  )
}

interface NamedProps {
  view: View
  taken: (name: string) => boolean
  onName: (name: string) => void
  onDelete: () => void
}

/** A name that is kept when the field is left or ↵ is pressed. */
function Named({ view, taken, onName, onDelete }: NamedProps) {
  const [name, setName] = useState(view.name)
  const clean = cleanName(name)
  const fault =
    clean === '' ? 'Write a name.' : taken(clean) ? `Another view is called “${clean}”. Write another name.` : undefined
  const keep = () => {
    if (fault) return
    setName(clean)
    if (clean !== view.name) onName(clean)
  }
  const id = `view-${view.id}`
  return (
    <li>
      <div className="row">
        <input
          className={css['field']}
          value={name}
          maxLength={LONGEST_NAME}
          autoComplete="off"
          aria-label={`Name of ${view.name}`}
          aria-invalid={fault !== undefined}
          aria-describedby={fault ? id : undefined}
          onChange={(event) => {
            setName(event.target.value)
          }}
          onBlur={keep}
          onKeyDown={(event) => {
            if (event.key === 'Enter') keep()
          }}
        />
        <IconButton label={`Delete ${view.name}`} onClick={onDelete}>
          <Icon of={Trash2} />
        </IconButton>
      </div>
      {fault && (
        <p id={id} className={css['fault']}>
          {fault}
        </p>
      )}
    </li>
  )
}

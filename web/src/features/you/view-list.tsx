import { Link } from '@tanstack/react-router'
import { useState, type SyntheticEvent } from 'react'
import { parseSearch } from '../../lib/search-params.ts'
import { useViews, type View } from '../../lib/views.ts'
import { Button } from '../../ui/button.tsx'
import { say } from '../../ui/toast.tsx'
import { nameFault, viewWords } from './view-words.ts'
import css from './kept.module.css'

/** The person's views of the catalog: opened, renamed, removed. */
export function ViewList() {
  const [views, setViews] = useViews()
  const [renaming, setRenaming] = useState('')
  if (views.length === 0)
    return <p className="muted">No view is saved. Filter the catalog, and save what you see under a name.</p>
  const rename = (view: View, name: string) => {
    setViews((now) => now.map((other) => (other.id === view.id ? { ...other, name } : other)))
    setRenaming('')
  }
  const remove = (view: View) => {
    setViews((now) => now.filter((other) => other.id !== view.id))
    say(`The view ${view.name} is removed.`, {
      undo: () => {
        const at = views.findIndex((other) => other.id === view.id)
        setViews((now) => (now.some((other) => other.id === view.id) ? now : now.toSpliced(at, 0, view)))
      },
    })
  }
  return (
    <ul className={`${css['list'] ?? ''} hairlines`} aria-label="Saved views">
      {views.map((view) => (
        <li key={view.id} className={`${css['row'] ?? ''} ${css['view'] ?? ''}`}>
          {renaming === view.id ? (
            <Rename
              view={view}
              others={views.filter((other) => other.id !== view.id)}
              onDone={(name) => {
                rename(view, name)
              }}
              onCancel={() => {
                setRenaming('')
              }}
            />
          ) : (
            <>
              <OpenView view={view} />
              <span className="quiet cut">{viewWords(view.href)}</span>
              <span className={css['acts']}>
                <Button
                  size="xs"
                  aria-label={`Rename ${view.name}`}
                  onClick={() => {
                    setRenaming(view.id)
                  }}
                >
                  Rename
                </Button>
                <Button
                  size="xs"
                  aria-label={`Remove ${view.name}`}
                  onClick={() => {
                    remove(view)
                  }}
                >
                  Remove
                </Button>
              </span>
            </>
          )}
        </li>
      ))}
    </ul>
  )
}

function OpenView({ view }: { view: View }) {
  const { pathname, search } = new URL(view.href, window.location.origin)
  return (
    <Link to={pathname} search={parseSearch(search)} className={`${css['name'] ?? ''} cut`}>
      {view.name}
    </Link>
  )
}

interface RenameProps {
  view: View
  others: View[]
  onDone: (name: string) => void
  onCancel: () => void
}

function Rename({ view, others, onDone, onCancel }: RenameProps) {
  const [name, setName] = useState(view.name)
  const [fault, setFault] = useState('')
  const save = (event: SyntheticEvent) => {
    event.preventDefault()
    const wrong = nameFault(name, others)
    if (wrong) setFault(wrong)
    else onDone(name.trim())
  }
  return (
    <form className={css['rename']} onSubmit={save}>
      <input
        aria-label={`Name of the view ${view.name}`}
        aria-invalid={fault !== ''}
        aria-describedby={fault ? 'view-name-fault' : undefined}
        value={name}
        ref={focusAll}
        onKeyDown={(event) => {
          if (event.key === 'Escape') onCancel()
        }}
        onChange={(event) => {
          setName(event.target.value)
          setFault('')
        }}
      />
      <Button size="xs" type="submit">
        Save
      </Button>
      <Button size="xs" variant="subtle" onClick={onCancel}>
        Keep the name
      </Button>
      {fault && (
        <p className={css['fault']} id="view-name-fault" role="alert">
          {fault}
        </p>
      )}
    </form>
  )
}

function focusAll(input: HTMLInputElement | null): void {
  if (document.activeElement === input) return
  input?.focus()
  input?.select()
}

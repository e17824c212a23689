import { useState, type FormEvent } from 'react'
import { Button } from '../../ui/button.tsx'
import { Menu, MenuCheck, MenuLabel } from '../../ui/menu.tsx'
import type { Opener } from '../../ui/menu-button.tsx'
import { isPath, type CatalogSearch } from './catalog-search.ts'
import { chosenColumns, columnFacts, offeredColumns, turnedColumn } from './column-fields.ts'
import css from './columns-menu.module.css'

interface Props extends Opener {
  search: CatalogSearch
  go: (next: CatalogSearch, replace?: boolean) => void
}

/** Which columns stand after the name. They are in the address, and so in a saved view too. */
export function ColumnsMenu({ search, go, ...opener }: Props) {
  const { kind, cols } = search
  const chosen = chosenColumns(kind, cols)
  const offered = offeredColumns(kind)
  const own = chosen.filter((id) => !offered.includes(id))
  const turn = (id: string) => {
    go({ ...search, cols: turnedColumn(kind, cols, id) }, true)
  }
  return (
    <Menu {...opener} end>
      <MenuLabel>Columns after the name</MenuLabel>
      {[...offered, ...own].map((id) => (
        <MenuCheck
          key={id}
          checked={chosen.includes(id)}
          onChange={() => {
            turn(id)
          }}
        >
          {own.includes(id) ? <span title={id}>{id}</span> : columnFacts(id).head}
        </MenuCheck>
      ))}
      <Field chosen={chosen} onAdd={turn} />
      <div className={css['foot']}>
        <Button
          size="xs"
          variant="subtle"
          disabled={cols === undefined}
          onClick={() => {
            go({ ...search, cols: undefined }, true)
          }}
        >
          Usual columns
        </Button>
      </div>
    </Menu>
  )
}

/** Any field of metadata or spec by its path, for what a company writes into its own files. */
function Field({ chosen, onAdd }: { chosen: string[]; onAdd: (path: string) => void }) {
  const [path, setPath] = useState('')
  const [fault, setFault] = useState<string>()
  const add = (event: FormEvent) => {
    event.preventDefault()
    const clean = path.trim()
    if (!isPath(clean)) setFault('Write a path below metadata or spec, such as metadata.annotations.team/slack.')
    else if (chosen.includes(clean)) setFault('That column is there.')
    else {
      onAdd(clean)
      setPath('')
    }
  }
  return (
    <form className={css['own']} onSubmit={add}>
      <label htmlFor="own-column">A field of your own</label>
      <div className="row">
        <input
          id="own-column"
          className="mono"
          value={path}
          placeholder="metadata.annotations.…"
          spellCheck={false}
          autoComplete="off"
          autoCapitalize="off"
          aria-invalid={fault !== undefined}
          aria-describedby={fault ? 'own-column-fault' : undefined}
          onChange={(event) => {
            setPath(event.target.value)
            setFault(undefined)
          }}
        />
        <Button size="xs" type="submit">
          Add
        </Button>
      </div>
      {fault && (
        <p id="own-column-fault" role="alert">
          {fault}
        </p>
      )}
    </form>
  )
}

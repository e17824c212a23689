import { useCallback, useMemo, useState } from 'react'
import { copyText } from '../../lib/clipboard.ts'
import { refOf, titleOf, type Entity } from '../../lib/entity.ts'
import { isStarred, useToggleStar } from '../../lib/stars.ts'
import { say } from '../../ui/toast.tsx'
import type { CatalogSearch } from './catalog-search.ts'
import { ownerOf } from './columns.tsx'
import type { RowActions } from './use-row-keys.ts'

export interface Selection {
  /** By ref, in the order in which they were chosen. They stay chosen while filters change. */
  selected: ReadonlyMap<string, Entity>
  select: (entities: Entity[], on: boolean) => void
  clear: () => void
  actions: RowActions
}

const nothing: ReadonlyMap<string, Entity> = new Map()

/** What is chosen among the rows, and what the letters do to the row that is stood on. */
export function useSelection(search: CatalogSearch, go: (next: CatalogSearch, replace?: boolean) => void): Selection {
  const [selected, setSelected] = useState(nothing)
  const toggleStar = useToggleStar()
  const select = useCallback((entities: Entity[], on: boolean) => {
    setSelected((had) => {
      const next = new Map(had)
      for (const entity of entities) {
        if (on) next.set(refOf(entity), entity)
        else next.delete(refOf(entity))
      }
      return next
    })
  }, [])
  const clear = useCallback(() => {
    setSelected(nothing)
  }, [])
  const actions = useMemo<RowActions>(
    () => ({
      star: (entity) => {
        const ref = refOf(entity)
        say(isStarred(ref) ? `${titleOf(entity)} is starred no more.` : `${titleOf(entity)} is starred.`, {
          undo: () => {
            toggleStar(ref)
          },
        })
        toggleStar(ref)
      },
      copy: (entity) => {
        const ref = refOf(entity)
        void copyText(ref).then((copied) => {
          say(copied ? `${ref} is copied.` : `The browser does not let pages copy. It is ${ref}.`)
        })
      },
      owner: (entity) => {
        const owner = ownerOf(entity)
        if (owner) go({ ...search, owner: [owner] })
        else say(`${titleOf(entity)} has no owner.`)
      },
      leave: clear,
    }),
    [search, go, clear, toggleStar],
  )
  return { selected, select, clear, actions }
}

import {
  useCallback,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
  type KeyboardEvent as ReactKeyboardEvent,
  type RefObject,
} from 'react'
import { refOf, type Entity } from '../../lib/entity.ts'
import { useHotkeys } from '../../lib/hotkeys.ts'

export interface RowActions {
  star: (entity: Entity) => void
  copy: (entity: Entity) => void
  owner: (entity: Entity) => void
  /** Gives up the selection. */
  leave: () => void
}

interface Options {
  body: RefObject<HTMLTableSectionElement | null>
  total: number
  rowAt: (index: number) => Entity | undefined
  /** Another one for other rows, whose elements are others too. */
  question: string
  show: (index: number) => void
  visible: () => { first: number; rows: number }
  selected: ReadonlyMap<string, Entity>
  onSelect: (entities: Entity[], on: boolean) => void
  actions: RowActions
}

/**
 * The keyboard of the rows. One row is the stop of Tab; `j`, `k`, arrows, pages and ends move it and the focus, left and
 * right go over the links of a row, and the letters act on it. ↵ and ⌘↵ are those of any link.
 */
export function useRowKeys({ body, total, rowAt, question, show, visible, selected, onSelect, actions }: Options) {
  const [active, setActive] = useState(-1)
  const anchor = useRef(-1)
  const wanted = useRef<number>(undefined)

  // Only the row's own stop is in the order of Tab; what else leads somewhere is reached with the arrows.
  useLayoutEffect(() => {
    body.current?.querySelectorAll<HTMLElement>('a:not([data-row])').forEach((a) => {
      a.tabIndex = -1
    })
  })
  // Whoever stood in the rows stands in those of the next question, too.
  const inside = useRef(false)
  useEffect(() => {
    const note = () => {
      inside.current = body.current?.contains(document.activeElement) ?? false
    }
    document.addEventListener('focusin', note)
    return () => {
      document.removeEventListener('focusin', note)
    }
  }, [body])
  const was = useRef(question)
  useLayoutEffect(() => {
    if (was.current === question) return
    was.current = question
    if (inside.current && document.activeElement === document.body) wanted.current = Math.min(active, total - 1)
  }, [question, active, total])
  // A row that was asked for may be drawn later, and its link later still.
  useLayoutEffect(() => {
    if (wanted.current === undefined) return
    if (!body.current?.querySelector(`tr[data-index="${String(wanted.current)}"]`)) show(wanted.current)
    focusRow(wanted.current)
  })

  function focusRow(index: number): void {
    const row = body.current?.querySelector<HTMLElement>(`tr[data-index="${String(index)}"]`)
    const here = document.activeElement
    if (here && here !== document.body && !body.current?.contains(here) && wanted.current === undefined) return
    const link = row?.querySelector<HTMLElement>('a[data-row]')
    ;(link ?? row)?.focus({ preventScroll: true })
    wanted.current = link ? undefined : index
  }

  function goTo(index: number): void {
    const next = Math.min(Math.max(index, 0), total - 1)
    setActive(next)
    show(next)
    wanted.current = next
    focusRow(next)
    requestAnimationFrame(() => {
      if (wanted.current !== undefined) focusRow(wanted.current)
    })
  }

  /** The row that has the focus, else the last one that had it, unless it scrolled away. */
  function here(): number {
    const at = document.activeElement?.closest<HTMLElement>('tr[data-index]')?.dataset['index']
    if (at !== undefined) return Number(at)
    const { first, rows } = visible()
    return active >= first && active < first + rows ? active : -1
  }
  const focused = () => body.current?.contains(document.activeElement) ?? false

  function move(step: number) {
    return (event: KeyboardEvent) => {
      const from = here()
      const next = from < 0 ? visible().first : from + step
      if (event.shiftKey && from >= 0) mark(from, Math.min(Math.max(next, 0), total - 1))
      goTo(next)
    }
  }
  function between(from: number, to: number): Entity[] {
    const [low, high] = from < to ? [from, to] : [to, from]
    const rows = Array.from({ length: high - low + 1 }, (_, i) => rowAt(low + i))
    return rows.filter((e) => e !== undefined)
  }
  function mark(from: number, to: number): void {
    if (anchor.current < 0) anchor.current = from
    onSelect(between(from, to), true)
  }
  function pick(index: number, range: boolean): void {
    const entity = rowAt(index)
    if (!entity) return
    if (range && anchor.current >= 0) onSelect(between(anchor.current, index), true)
    else onSelect([entity], !selected.has(refOf(entity)))
    anchor.current = index
  }

  function onRow(run: (entity: Entity, index: number, event: KeyboardEvent) => void) {
    return (event: KeyboardEvent) => {
      const entity = rowAt(here())
      if (entity) run(entity, here(), event)
    }
  }
  function sideways(step: number) {
    return () => {
      const links = [...(document.activeElement?.closest('tr')?.querySelectorAll<HTMLElement>('a') ?? [])].filter((a) =>
        a.checkVisibility(),
      )
      const at = links.findIndex((a) => a === document.activeElement)
      links[Math.min(Math.max(at + step, 0), links.length - 1)]?.focus()
    }
  }

  useHotkeys({
    j: move(1),
    k: move(-1),
    ArrowDown: move(1),
    ArrowUp: move(-1),
    x: onRow((_, index, event) => {
      pick(index, event.shiftKey)
    }),
    s: onRow(actions.star),
    y: onRow(actions.copy),
    o: onRow(actions.owner),
  })
  // These are the page's own while no row has the focus, so they are listened to in the rows alone.
  const inRows: Record<string, (event: KeyboardEvent) => void> = {
    PageDown: (event) => {
      move(visible().rows - 1)(event)
    },
    PageUp: (event) => {
      move(1 - visible().rows)(event)
    },
    Home: () => {
      goTo(0)
    },
    End: () => {
      goTo(total - 1)
    },
    ArrowRight: sideways(1),
    ArrowLeft: sideways(-1),
  }
  const onKeyDown = (event: ReactKeyboardEvent) => {
    const run = event.metaKey || event.ctrlKey || event.altKey ? undefined : inRows[event.key]
    if (!run || !focused()) return
    event.preventDefault()
    run(event.nativeEvent)
  }
  useHotkeys({
    Escape: () => {
      if (selected.size > 0) {
        anchor.current = -1
        actions.leave()
      } else if (focused()) (document.activeElement as HTMLElement).blur()
    },
  })

  const latest = useRef(pick)
  useEffect(() => {
    latest.current = pick
  })
  const select = useCallback((index: number, range: boolean) => {
    latest.current(index, range)
  }, [])
  return { active, setActive, select, onKeyDown }
}

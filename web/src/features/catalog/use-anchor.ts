import { useEffect, useLayoutEffect, useRef } from 'react'
import { refOf, type Entity } from '../../lib/entity.ts'

interface Options {
  rowAt: (index: number) => Entity | undefined
  version: string
  question: string
  size: number
  visible: () => { first: number; rows: number }
  active: number
  setActive: (index: number) => void
}

/** A row that moved further than this is not followed: what it stood among is gone anyway. */
const FAR = 400

/**
 * What the reader stands on stays where it is on the screen when rows come and go above it: the row of the keyboard while
 * it is in sight, else the first one. At the top of the list nothing is held, so that what is new is seen.
 */
export function useAnchor({ rowAt, version, question, size, visible, active, setActive }: Options): void {
  const held = useRef<{ ref: string; index: number; question: string; active: boolean }>(undefined)

  useLayoutEffect(() => {
    const was = held.current
    if (!was || was.question !== question) return
    const now = rowAt(was.index)
    if (now && refOf(now) === was.ref) return
    const found = whereIs(was.ref, was.index, rowAt)
    if (found === undefined) return
    const moved = (found - was.index) * size
    if (was.active) setActive(found)
    if (was.active || visible().first > 0) window.scrollBy({ top: moved, behavior: 'instant' })
    // eslint-disable-next-line react-hooks/exhaustive-deps -- only what came anew moves rows
  }, [version, question])

  useEffect(() => {
    const { first, rows } = visible()
    const index = active >= first && active < first + rows ? active : first
    const entity = rowAt(index)
    held.current = entity && { ref: refOf(entity), index, question, active: index === active }
  })
  useEffect(() => {
    // Scrolling alone draws nothing of ours until a row is left behind.
    const note = () => {
      const { first } = visible()
      if (held.current?.active || held.current?.index === first) return
      const entity = rowAt(first)
      held.current = entity && { ref: refOf(entity), index: first, question, active: false }
    }
    window.addEventListener('scroll', note, { passive: true })
    return () => {
      window.removeEventListener('scroll', note)
    }
  })
}

/** The index at which a row stands by now, looked for from where it was outwards. */
export function whereIs(ref: string, from: number, rowAt: (index: number) => Entity | undefined): number | undefined {
  for (let step = 1; step <= FAR; step++) {
    for (const index of [from - step, from + step]) {
      const entity = index >= 0 ? rowAt(index) : undefined
      if (entity && refOf(entity) === ref) return index
    }
  }
  return undefined
}

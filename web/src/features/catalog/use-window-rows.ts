import { startTransition, useCallback, useLayoutEffect, useState } from 'react'
import { flushSync } from 'react-dom'
import type { Range } from './use-rows.ts'

interface Options {
  total: number
  /** The height of a row; all have the same. */
  size: number
  /** Where the first row begins, from the top of the page. */
  top: number
  /** What covers the top of the window: lintel and head. */
  stuck: number
  /** What covers its bottom. */
  under: number
}

/** Rows that are drawn beyond the window on either side. */
const BEYOND = 12
/** The list is drawn again when so many rows have passed, and not at each. */
const STEP = 8

export interface WindowRows extends Range {
  /** Brings a row into sight with as little scrolling as it takes. */
  show: (index: number) => void
}

/**
 * Which rows of a long list are near the window, and so in the document. All rows are of one height, so this is two
 * divisions, whether there are a hundred of them or a million.
 */
export function useWindowRows({ total, size, top, stuck, under }: Options): WindowRows {
  const [range, setRange] = useState<Range>({ first: 0, last: Math.min(total - 1, 2 * BEYOND) })
  const near = nearRows(range, total)

  useLayoutEffect(() => {
    const draw = (next: (now: Range) => Range) => {
      setRange((now) => same(now, next(now)))
    }
    // What is in sight at once, or the next frame would show room where rows are; what is beyond when there is time.
    const look = (now: (change: () => void) => void) => {
      const sight = { scroll: window.scrollY, height: window.innerHeight, size, top }
      now(() => {
        draw((drawn) => withSight(drawn, sight))
      })
      startTransition(() => {
        draw(() => rowsNear(sight))
      })
    }
    look((change) => {
      change()
    })
    const onScroll = () => {
      look(flushSync)
    }
    window.addEventListener('scroll', onScroll, { passive: true })
    window.addEventListener('resize', onScroll)
    return () => {
      window.removeEventListener('scroll', onScroll)
      window.removeEventListener('resize', onScroll)
    }
  }, [size, top])

  const show = useCallback(
    (index: number) => {
      const at = top + index * size
      const low = window.scrollY + stuck
      const high = window.scrollY + window.innerHeight - under
      if (at < low) window.scrollTo({ top: at - stuck, behavior: 'instant' })
      else if (at + size > high) window.scrollTo({ top: at + size + under - window.innerHeight, behavior: 'instant' })
    },
    [top, size, stuck, under],
  )
  return { ...near, show }
}

interface Sight {
  scroll: number
  height: number
  size: number
  top: number
}

/** The rows that the window shows, in steps. */
function rowsInSight({ scroll, height, size, top }: Sight): Range {
  const from = Math.floor((scroll - top) / size / STEP) * STEP
  const to = Math.ceil((scroll + height - top) / size / STEP) * STEP
  return { first: Math.max(0, from), last: Math.max(0, to) }
}

/** The rows that the window shows, and those beyond it. */
export function rowsNear(sight: Sight): Range {
  const { first, last } = rowsInSight(sight)
  return { first: Math.max(0, first - BEYOND), last: last + BEYOND }
}

/** What is drawn already, as far as it is still near, with what came into sight. */
export function withSight(drawn: Range, sight: Sight): Range {
  const seen = rowsInSight(sight)
  const near = rowsNear(sight)
  if (drawn.last < seen.first || drawn.first > seen.last) return seen
  return {
    first: Math.max(near.first, Math.min(drawn.first, seen.first)),
    last: Math.min(near.last, Math.max(drawn.last, seen.last)),
  }
}

function same(now: Range, next: Range): Range {
  return now.first === next.first && now.last === next.last ? now : next
}

/** Of a list that became shorter meanwhile the end of it. */
export function nearRows({ first, last }: Range, total: number): Range {
  const end = Math.max(0, total - 1)
  return { first: Math.min(first, Math.max(0, end - 2 * BEYOND)), last: Math.min(last, end) }
}

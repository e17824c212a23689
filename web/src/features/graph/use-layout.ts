import { useEffect, useRef, useState } from 'react'
import type { Drawing } from './fold.ts'
import { anchored, kept, layoutInput, placedFrom, type Placed } from './layout.ts'
import { layOut } from './layout-worker.ts'

interface Options {
  grouped: boolean
  /** The box that stays where it is when everything is laid out anew. */
  anchor: string | undefined
  /** Changes when boxes are to be laid out whatever stood before. */
  anew: number
}

interface Laid {
  drawing: Drawing
  placed: Placed
}

/**
 * Where each box stands. What was drawn stays until the next layout is there. `failed` when the worker did not answer, as
 * where a browser allows none.
 */
export function useLayout(drawing: Drawing, { grouped, anchor, anew }: Options): { laid?: Laid; failed: boolean } {
  const [laid, setLaid] = useState<Laid & { grouped: boolean; anew: number }>()
  const [failed, setFailed] = useState(false)
  const last = useRef(laid)
  useEffect(() => {
    const before = last.current
    const same = before?.grouped === grouped && before.anew === anew
    const settle = (placed: Placed) => {
      last.current = { drawing, placed, grouped, anew }
      setLaid(last.current)
      setFailed(false)
    }
    const stays = same ? kept(drawing, grouped, before.placed) : undefined
    if (stays) {
      settle(stays)
      return
    }
    let stale = false
    layOut(layoutInput(drawing, grouped, before?.placed.at)).then(
      (answer) => {
        if (!stale) settle(anchored(placedFrom(answer), anchor, before?.placed.at))
      },
      () => {
        if (!stale) setFailed(true)
      },
    )
    return () => {
      stale = true
    }
  }, [drawing, grouped, anchor, anew])
  return { ...(laid ? { laid } : {}), failed }
}

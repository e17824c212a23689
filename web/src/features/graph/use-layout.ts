import { useState } from 'react'
import type { Drawing } from './fold.ts'
import { placedFirst } from './first-layout.ts'
import { layered } from './layered.ts'
import { anchored, kept, type Placed } from './layout.ts'

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
  grouped: boolean
  anew: number
}

/** Where each box stands: where it stood before, as far as that makes a picture. */
export function useLayout(drawing: Drawing, options: Options): { drawing: Drawing; placed: Placed } {
  const [before, setBefore] = useState<Laid>()
  const { grouped, anew } = options
  if (before?.drawing === drawing && before.grouped === grouped && before.anew === anew) return before
  const placed = before ? placedAfter(before, drawing, options) : placedFirst(drawing, grouped)
  const laid = { drawing, placed, grouped, anew }
  // What was laid out is known while it is drawn, so the frame that has the data has the graph.
  setBefore(laid)
  return laid
}

function placedAfter(before: Laid, drawing: Drawing, { grouped, anchor, anew }: Options): Placed {
  const same = before.grouped === grouped && before.anew === anew
  const stays = same ? kept(drawing, grouped, before.placed) : undefined
  return stays ?? anchored(layered(drawing, grouped, before.placed.at), anchor, before.placed.at)
}

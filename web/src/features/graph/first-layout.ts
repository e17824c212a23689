import type { Drawing } from './fold.ts'
import { layered } from './layered.ts'
import type { Placed } from './layout.ts'

/** How many layouts are remembered. */
const MOST = 24
const remembered = new Map<string, Placed>()

/** Who comes back to a graph finds it laid out. */
export function placedFirst(drawing: Drawing, grouped: boolean): Placed {
  const { boxes, wires } = drawing
  const key = JSON.stringify([
    grouped,
    boxes.map(({ id, system, members }) => [id, system, members.length]),
    wires.map(({ from, to }) => [from, to]),
  ])
  const placed = remembered.get(key) ?? layered(drawing, grouped)
  remembered.delete(key)
  remembered.set(key, placed)
  for (const oldest of [...remembered.keys()].slice(0, -MOST)) remembered.delete(oldest)
  return placed
}

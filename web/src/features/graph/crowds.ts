import { CROWDS, drawing, type Crowds, type Drawing } from './fold.ts'
import { showsWhole, WHOLE, type Room } from './fit.ts'
import { placedFirst } from './first-layout.ts'
import { bounds, COLUMN, NODE, ROW } from './layout.ts'
import type { Graph } from './model.ts'

/** Where nothing lets all of it be read: what is near is there, and the view shows a part. */
const AT_LEAST: Crowds = 'far by kind'

/**
 * How much is drawn as one at first, so that all of it can be read in the room that there is: nothing, else what is further
 * away, else what is near as well. Systems are folded only where that does not do. What is opened by hand is not asked
 * for here, so that opening one crowd leaves the others as they are.
 */
export function crowdsFor(graph: Graph, roots: string[], grouped: boolean, room: Room): Crowds {
  const crowded: Crowds[] = []
  for (const crowds of CROWDS) {
    const drawn = drawing(graph, { roots, open: [], crowds })
    if (drawn.crowded) crowded.push(crowds)
    else if (fits(drawn, grouped, room)) return crowds
  }
  return crowded.find((crowds) => fits(drawing(graph, { roots, open: [], crowds }), grouped, room)) ?? AT_LEAST
}

/** More lines for each box are a web, in which nobody follows one. */
const WEB = 3

// Where the boxes alone have no room nobody waits for a layout.
const fits = (drawn: Drawing, grouped: boolean, room: Room) =>
  drawn.wires.length <= WEB * drawn.boxes.length &&
  drawn.boxes.length <= mostIn(room) &&
  showsWhole(room, bounds(placedFirst(drawn, grouped)))

/** As many boxes as there is room for when nothing is between them. */
const mostIn = ({ width, height }: Room) =>
  (width * height) / (WHOLE * (NODE.width + COLUMN)) / (WHOLE * (NODE.height + ROW))

/** The room of a graph in the window: what the bar, the column and what is beside it leave. As graph.module.css has it. */
export function roomOf({ innerWidth, innerHeight }: Pick<Window, 'innerWidth' | 'innerHeight'>): Room {
  const beside = innerWidth < 1200 ? 120 : 560
  return {
    width: Math.max(320, innerWidth - beside),
    height: innerWidth < 1200 ? 420 : Math.min(1000, Math.max(460, innerHeight - 410)),
  }
}

import { formatRef, parseRef, type Entity } from '../../lib/entity.ts'
import { NONE } from './catalog-search.ts'

/** A system or domain as the map needs it: where it belongs. */
export interface Place {
  ref: string
  title: string
  /** Ref of the domain that it is in. */
  parent?: string | undefined
}

/** An area of the map: how many entities are in it, and in which areas they are. */
export interface Area {
  /** The ref of a system or domain; `!none` for what is in no system; empty for everything. */
  ref: string
  kind: string
  title: string
  count: number
  children: Area[]
  /** It is no place but one of what is counted. */
  single?: Entity
}

/**
 * Puts systems with their numbers of entities into their domains, and those into theirs. `counts` is by the ref of what
 * entities are a part of; `none` says how many are a part of nothing. What a domain names as its own parent in a circle
 * stands at the top.
 */
export function areaTree(
  places: Place[],
  counts: ReadonlyMap<string, number>,
  none: number,
  leaf: 'system' | 'domain',
): Area {
  const byRef = new Map(places.map((p) => [p.ref, p]))
  const root: Area = { ref: '', kind: '', title: 'Everything', count: 0, children: [] }
  const areas = new Map<string, Area>()
  /** The area of a place, in that of its parent; `line` goes from it up to the top. */
  const areaOf = ([ref, ...above]: string[]): Area => {
    if (ref === undefined) return root
    const had = areas.get(ref)
    if (had) return had
    const { kind, name } = parseRef(ref)
    const area: Area = { ref, kind, title: byRef.get(ref)?.title ?? name, count: 0, children: [] }
    areas.set(ref, area)
    areaOf(above).children.push(area)
    return area
  }
  for (const [ref, count] of counts) {
    if (count <= 0 || parseRef(ref).kind !== leaf) continue
    const line = lineage(ref, byRef)
    areaOf(line)
    for (const at of line) areaOf([at]).count += count
    root.count += count
  }
  if (none > 0) {
    const title = leaf === 'domain' ? 'In no domain' : 'In no system'
    root.children.push({ ref: NONE, kind: '', title, count: none, children: [] })
    root.count += none
  }
  inOrder(root)
  return root
}

/** From a place up to the one that is in none. */
function lineage(ref: string, byRef: ReadonlyMap<string, Place>): string[] {
  const line: string[] = []
  for (let at: string | undefined = ref; at && !line.includes(at); at = byRef.get(at)?.parent) line.push(at)
  return line
}

/** The largest first; what is in no system last, whatever its size. */
function inOrder(area: Area): void {
  const last = (a: Area) => (a.ref === NONE ? 1 : 0)
  area.children.sort((a, b) => last(a) - last(b) || b.count - a.count || (a.ref < b.ref ? -1 : 1))
  area.children.forEach(inOrder)
}

/** The way from everything to an area, both ends included; undefined where there is none of that ref. */
export function wayTo(root: Area, ref: string | undefined): Area[] | undefined {
  if (!ref) return [root]
  for (const child of root.children) {
    if (child.ref === ref) return [root, child]
    const rest = wayTo(child, ref)
    if (rest && rest.length > 1) return [root, ...rest]
  }
  return undefined
}

/** A parent as files write it (`logistics`, `domain:default/logistics`) as a full ref. */
export function parentRef(written: string | undefined, namespace = 'default'): string | undefined {
  return written ? formatRef(parseRef(written, { kind: 'domain', namespace })) : undefined
}

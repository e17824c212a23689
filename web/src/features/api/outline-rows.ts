import { count } from '../../lib/words.ts'
import type { Group, Item, Outline } from './read/model.ts'

export type Row = { kind: 'group'; group: Group; count: number } | { kind: 'item'; item: Item }

/** The outline as rows of a list; with words, only what has them all. A group whose name has them is shown whole. */
export function outlineRows(outline: Outline, find = ''): Row[] {
  const words = find.toLowerCase().split(/\s+/).filter(Boolean)
  const has = (text: string) => words.every((w) => text.includes(w))
  return outline.groups.flatMap((group): Row[] => {
    const whole = words.length > 0 && !group.minor && has(group.name.toLowerCase())
    const items =
      words.length === 0 || whole
        ? group.items
        : group.items.filter((i) => has(`${i.badge ?? ''} ${i.label} ${i.note ?? ''} ${i.id}`.toLowerCase()))
    if (items.length === 0) return []
    return [{ kind: 'group', group, count: items.length }, ...items.map((item): Row => ({ kind: 'item', item }))]
  })
}

/** How much it offers: operations, calls, types; not what those are made of. */
export function offers(outline: Outline): number {
  return outline.groups.reduce((n, group) => n + (group.minor ? 0 : group.items.length), 0)
}

/** "OpenAPI 3.1.0 · version 2 · 42 operations" */
export function outlineWords(outline: Outline): string {
  const version = outline.version?.replace(/^(?!v(ersion)?\b)/i, 'version ')
  return [outline.format, version, count(offers(outline), ...outline.noun)].filter(Boolean).join(' · ')
}

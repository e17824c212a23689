import type { ApiGroup } from './apis-api.ts'

export interface GroupRow {
  group: ApiGroup
  /** Which API of the group; undefined: its heading. */
  at?: number | undefined
}

/** How many rows all groups take, with their headings. */
export function rowsOf(groups: ApiGroup[]): number {
  return groups.reduce((n, g) => n + 1 + g.count, 0)
}

/** What stands in a row of the whole page, whether or not it is loaded. */
export function rowAt(groups: ApiGroup[], index: number): GroupRow | undefined {
  let left = index
  for (const group of groups) {
    if (left === 0) return { group }
    if (left <= group.count) return { group, at: left - 1 }
    left -= group.count + 1
  }
  return undefined
}

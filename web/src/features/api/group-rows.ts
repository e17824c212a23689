import type { ApiGroup } from './apis-api.ts'

export interface GroupRow {
  group: ApiGroup
  /** Which API of the group; undefined: its heading. */
  at?: number | undefined
}

/** How many rows a group takes; where nothing is grouped, there is no heading. */
function height(group: ApiGroup): number {
  return group.count + (group.by ? 1 : 0)
}

/** How many rows all groups take, with their headings. */
export function rowsOf(groups: ApiGroup[]): number {
  return groups.reduce((n, g) => n + height(g), 0)
}

/** What stands in a row of the whole page, whether or not it is loaded. */
export function rowAt(groups: ApiGroup[], index: number): GroupRow | undefined {
  let left = index
  for (const group of groups) {
    if (left < height(group)) {
      const at = group.by ? left - 1 : left
      return at < 0 ? { group } : { group, at }
    }
    left -= height(group)
  }
  return undefined
}

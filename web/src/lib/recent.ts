const KEY = 'portico-recent'
const KEPT = 8

/** Refs of the entities that this browser looked at last, newest first. */
export function recentRefs(): string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]')
    return Array.isArray(stored) ? stored.filter((r): r is string => typeof r === 'string') : []
  } catch {
    return []
  }
}

export function noteRecent(ref: string): void {
  try {
    localStorage.setItem(KEY, JSON.stringify([ref, ...recentRefs().filter((r) => r !== ref)].slice(0, KEPT)))
  } catch {
    // Without storage the finder opens without recent ones.
  }
}

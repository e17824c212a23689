import type { Change } from '../../lib/portico.ts'

/** Changes by the local day on which they happened, in the order in which they come. */
export function byDay(changes: Change[]): { day: string; changes: Change[] }[] {
  const days: { day: string; changes: Change[] }[] = []
  for (const change of changes) {
    const at = new Date(change.at)
    const day = `${at.getFullYear()}-${at.getMonth() + 1}-${at.getDate()}`
    const last = days.at(-1)
    if (last?.day === day) last.changes.push(change)
    else days.push({ day, changes: [change] })
  }
  return days
}

import type { Change } from '../../lib/portico.ts'

/** The fields that changed in these, by name. */
export function changedFields(changes: Change[]): string[] {
  const paths = changes.flatMap((change) => (change.op === 'updated' ? (change.diff ?? []) : []).map((f) => f.path))
  return [...new Set(paths)].sort()
}

/** Those that changed a field, or something below it. */
export function changesOf(changes: Change[], field: string | undefined): Change[] {
  if (!field) return changes
  const below = `${field}.`
  return changes.filter(
    (change) => change.op === 'updated' && change.diff?.some((f) => f.path === field || f.path.startsWith(below)),
  )
}

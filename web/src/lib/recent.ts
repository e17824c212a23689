import { setSetting, useSetting, type Setting } from './settings.ts'

const KEPT = 20

const recent: Setting<string[]> = {
  bucket: 'portico.recent',
  key: 'entityRefs',
  fallback: [],
  // Whoever opens ten pages in a row writes once.
  wait: 3_000,
  quiet: true,
  parse: (value) =>
    Array.isArray(value) ? value.filter((ref): ref is string => typeof ref === 'string').slice(0, KEPT) : undefined,
}

/** Refs of the entities that the person looked at last, newest first; at most 20. */
export function useRecent(): string[] {
  const [refs] = useSetting(recent)
  return refs
}

export function noteRecent(ref: string): void {
  setSetting(recent, (refs) =>
    refs[0] === ref ? refs : [ref, ...refs.filter((other) => other !== ref)].slice(0, KEPT),
  )
}

import { useCallback, useSyncExternalStore } from 'react'
import { request, withQuery } from './api.ts'
import { api } from './paths.ts'
import { GUEST, SettingsStore, type Entry, type Place } from './settings-store.ts'

/** One value of the person, and how it is read: parse gives undefined for what is none. Make it once, outside components. */
export interface Setting<T> extends Place {
  fallback: T
  parse: (value: unknown) => T | undefined
}

/** The buckets that pages read; what other clients keep of the person is none of theirs. */
const BUCKETS = ['default.starredEntities', 'portico.appearance', 'portico.recent', 'portico.views']

function storage(): Storage | undefined {
  try {
    return globalThis.localStorage
  } catch {
    return undefined
  }
}

/** The settings of this page. Tests make their own. */
export const settings = new SettingsStore(
  {
    load: async () => {
      const { items } = await request<{ items: Entry[] }>(withQuery(api.mySettings, { bucket: BUCKETS }))
      return items
    },
    put: async ({ bucket, key }, value, leaving) => {
      const path = api.setting(bucket, key)
      if (value === undefined) await request(path, { method: 'DELETE', keepalive: leaving })
      else await request(path, { method: 'PUT', body: { value }, keepalive: leaving })
    },
  },
  storage(),
)

if (typeof window !== 'undefined') {
  window.addEventListener('storage', (event) => {
    if (event.key === GUEST) settings.reread()
  })
  window.addEventListener('pagehide', () => {
    void settings.flush()
  })
}

/** The last value that was read of each setting, so that all who ask get the same one. */
const read = new WeakMap<object, { raw: unknown; value: unknown }>()

function parsed<T>(setting: Setting<T>, raw: unknown): T {
  const before = read.get(setting)
  if (before && before.raw === raw) return before.value as T
  const value = (raw === undefined ? undefined : setting.parse(raw)) ?? setting.fallback
  read.set(setting, { raw, value })
  return value
}

export function getSetting<T>(setting: Setting<T>): T {
  return parsed(setting, settings.get(setting))
}

/** A function must give its own answer again when it is given that: it is applied anew to what another browser kept meanwhile. */
export function setSetting<T>(setting: Setting<T>, next: T | ((now: T) => T)): void {
  settings.change(setting, (raw) => {
    if (typeof next !== 'function') return next
    const now = (raw === undefined ? undefined : setting.parse(raw)) ?? setting.fallback
    return (next as (now: T) => T)(now)
  })
}

/** A value of the person that follows them to other browsers, and how to change it. */
export function useSetting<T>(setting: Setting<T>): readonly [T, (next: T | ((now: T) => T)) => void] {
  const value = useSyncExternalStore(settings.subscribe, () => getSetting(setting))
  const set = useCallback(
    (next: T | ((now: T) => T)) => {
      setSetting(setting, next)
    },
    [setting],
  )
  return [value, set]
}

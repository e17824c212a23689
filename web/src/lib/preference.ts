import { getSetting, setSetting, useSetting, type Setting } from './settings.ts'

/** A choice with two answers that is kept for the person: column folded, keys on. */
function preference(key: string, words: string, initial: boolean) {
  const setting: Setting<boolean> = {
    bucket: 'portico.appearance',
    key,
    words,
    fallback: initial,
    parse: (value) => (typeof value === 'boolean' ? value : undefined),
  }
  return {
    get: () => getSetting(setting),
    set: (next: boolean) => {
      setSetting(setting, next)
    },
    use: () => useSetting(setting)[0],
  }
}

export const columnFolded = preference('columnFolded', 'That the column is folded', false)
export const singleKeys = preference('singleKeys', 'The choice of keys', true)

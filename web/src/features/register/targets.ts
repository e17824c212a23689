/** How many are looked at at once. */
export const MOST = 200

export interface Location {
  type: string
  target: string
}

export interface Lines {
  targets: string[]
  /** Those that came twice. */
  twice: number
  /** Those above MOST. */
  left: number
}

const path = /^(\/|\.{1,2}\/|~\/|[A-Za-z]:\\|file:|folder:)/i

/** What parts two places of a line where the second shows its beginning. */
const between = /[\s,;]+(?=[-*•<"'`([]*(?:[a-z]+:\/|git:|\/|\.{1,2}\/|~\/))/i

/**
 * One a line; commas and spaces part them, too, as they come out of chats and sheets, but for what stands in a path.
 * Quotes, bullets and brackets around one go.
 */
export function readLines(text: string): Lines {
  const found = text
    .split('\n')
    .flatMap((line) => line.split(between))
    .flatMap((part) => {
      const bare = part.trim().replace(/^[-*•<"'`([]+(?=.)/, '')
      return path.test(bare)
        ? [bare.replace(/[>"'`,;\s]+$/, '').replaceAll('\\ ', ' ')]
        : part.split(/[\s,;]+/).map(unwrapped)
    })
    .filter((word) => word !== '' && !/^[-*•]$/.test(word))
  const all = [...new Set(found)]
  return { targets: all.slice(0, MOST), twice: found.length - all.length, left: Math.max(0, all.length - MOST) }
}

function unwrapped(word: string): string {
  return word.replace(/^[-*•<"'`([]+(?=.)|[>"'`)\]]+$/g, '')
}

/** Whether somebody pasted the text of a descriptor, and not where it is. */
export function isDescriptor(text: string): boolean {
  return /^\s*(---\s*)?(apiVersion|kind)\s*:/m.test(text) && /^\s*metadata\s*:/m.test(text)
}

/** What a line means: `git:https://…` says its type, a path is a file of the server, everything else is a URL. */
export function locationOf(line: string): Location {
  const file = /^file:\/\/(?:localhost)?(\/.*)$/i.exec(line)
  if (file) return { type: 'file', target: decoded(file[1] ?? '') }
  const said = /^(url|git|file|folder):(.+)$/.exec(line)
  if (said) return { type: said[1] ?? '', target: said[2] ?? '' }
  if (/^(\/|\.{1,2}\/|~\/|[A-Za-z]:\\)/.test(line)) return { type: 'file', target: line }
  if (/^(ssh|git):\/\//.test(line) || /^[\w.-]+@[\w.-]+:/.test(line)) return { type: 'git', target: line }
  return { type: 'url', target: /^[\w-]+(\.[\w-]+)+\//.test(line) ? `https://${line}` : line }
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/** A repository or a folder of one, not a file or a pattern. */
export function isRepository({ type, target }: Location): boolean {
  if (type === 'git') return true
  if (type !== 'url' || target.includes('*')) return false
  const last =
    target
      .replace(/[?#].*$/, '')
      .replace(/\/+$/, '')
      .split('/')
      .at(-1) ?? ''
  return !/\.(ya?ml|json)$/i.test(last)
}

/** Without what all of them say, for a list: host and path. */
export function shortLocation({ target }: Location): string {
  return target.replace(/^https?:\/\//, '')
}

/** What an operator writes to let paths beside this one be registered; nothing of a path that is not whole. */
export function openingOf({ type, target }: Location): string {
  const folder = type === 'folder' ? target : target.replace(/\/[^/]*$/, '')
  return /^\/[^*?[{]+$/.test(folder) ? `portico:\n  catalog:\n    registerPaths:\n      - ${folder}\n` : ''
}

/** What an operator writes to have the portal read a file of its own machine. */
export function configOf({ type, target }: Location): string {
  return `catalog:\n  locations:\n    - type: ${type === 'folder' ? 'folder' : 'file'}\n      target: ${target}\n`
}

/** Reading of values that anybody may have written: everything is unknown until it was looked at, and every walk has an end. */

export type Obj = Record<string, unknown>

export function isObj(value: unknown): value is Obj {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

export function obj(value: unknown): Obj {
  return isObj(value) ? value : {}
}

/** A property of the value's own: never what a prototype has. */
export function own(value: unknown, key: string): unknown {
  return value !== null && typeof value === 'object' && Object.hasOwn(value, key) ? (value as Obj)[key] : undefined
}

export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

/** Text, also where YAML made a number or a truth of it; cut where it is endless. */
export function str(value: unknown, max = 400): string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value !== 'string') return undefined
  return value.length > max ? `${value.slice(0, max)}…` : value
}

/** Running text: long, but not without an end. */
export function prose(value: unknown): string | undefined {
  return str(value, 40_000)?.trim() || undefined
}

/** The first line of a text, for a list. */
export function firstLine(value: unknown): string | undefined {
  const line = str(value, 2_000)?.trim().split('\n', 1)[0]
  return line ? str(line, 200) : undefined
}

export function entries(value: unknown): [string, unknown][] {
  return isObj(value) ? Object.entries(value) : []
}

/** An address that may be followed. */
export function safeHref(value: unknown): string | undefined {
  const href = str(value, 2_000)
  return href && /^(https?:\/\/|mailto:)[^\s]+$/i.test(href) ? href : undefined
}

interface Budget {
  left: number
}

/** A value as JSON with two spaces, ended after so many parts and steps down: an alias of YAML can make a tree of billions. */
export function json(value: unknown, parts = 2_000): string {
  const budget: Budget = { left: parts }
  return write(value, '', budget, 0)
}

const DEEPEST = 24

function write(value: unknown, pad: string, budget: Budget, depth: number): string {
  if (--budget.left < 0 || depth > DEEPEST) return '"…"'
  if (typeof value === 'string') return JSON.stringify(str(value, 4_000))
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  const inner = `${pad}  `
  const lines: string[] = []
  const add = (line: string) => {
    lines.push(inner + line)
    return budget.left > 0
  }
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]'
    for (const item of value) if (!add(write(item, inner, budget, depth + 1))) break
    return `[\n${lines.join(',\n')}\n${pad}]`
  }
  for (const key of Object.keys(value)) {
    if (!add(`${JSON.stringify(key)}: ${write(own(value, key), inner, budget, depth + 1)}`)) break
  }
  return lines.length === 0 ? '{}' : `{\n${lines.join(',\n')}\n${pad}}`
}

/** A value on one line. */
export function inlineJson(value: unknown, max = 120): string {
  const flat = typeof value === 'string' ? value : json(value, 60).replace(/\s*\n\s*/g, ' ')
  return flat.length > max ? `${flat.slice(0, max - 1)}…` : flat
}

/** Splits a pointer: `/paths/~1pets/get` → `paths`, `/pets`, `get`. */
export function pointerParts(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

export function pointerOf(...parts: (string | number)[]): string {
  return parts.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

export function at(root: unknown, pointer: string): unknown {
  let value = root
  for (const part of pointerParts(pointer)) value = own(value, part)
  return value
}

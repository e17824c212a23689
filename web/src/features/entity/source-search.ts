import { one } from '../../lib/search-params.ts'

/** Without a choice lines are wrapped where the page is as narrow as a phone. */
export interface SourceSearch {
  wrap?: 'yes' | 'no'
}

export function parseSourceSearch(search: Record<string, unknown>): SourceSearch {
  const wrap = one(search['wrap'])
  return wrap === 'yes' || wrap === 'no' ? { wrap } : {}
}

export interface Stretch {
  from: number
  to: number
}

/** The lines that a hash means: `L12`, or `L12-L20` in any order. */
export function linesOfHash(hash: string): Stretch | undefined {
  const found = /^#?L(\d{1,7})(?:-L?(\d{1,7}))?$/.exec(hash)
  if (!found) return undefined
  const [a, b] = [Number(found[1]), Number(found[2] ?? found[1])]
  return { from: Math.min(a, b), to: Math.max(a, b) }
}

export function hashOf(line: number, before: Stretch | undefined): string {
  if (!before || before.from === line) return `L${String(line)}`
  const [from, to] = line < before.from ? [line, before.to] : [before.from, line]
  return `L${String(from)}-L${String(to)}`
}

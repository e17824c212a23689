/** The search part of a URL: a repeated key is a list, everything is text. `?owner=a&owner=b&q=x`. */
export type RawSearch = Record<string, string | string[]>

export function parseSearch(search: string): RawSearch {
  const out: RawSearch = {}
  for (const [key, value] of new URLSearchParams(search)) {
    const had = out[key]
    if (had === undefined) out[key] = value
    else out[key] = Array.isArray(had) ? [...had, value] : [had, value]
  }
  return out
}

export function stringifySearch(search: Record<string, unknown>): string {
  const params = new URLSearchParams()
  for (const [key, value] of Object.entries(search)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null && one !== '') params.append(key, String(one))
    }
  }
  const out = params.toString()
  // Refs are written as people write them: `:` and `/` need no escape in a query.
  return out ? `?${out.replaceAll('%3A', ':').replaceAll('%2F', '/')}` : ''
}

export function one(value: unknown): string | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value
  return typeof first === 'string' && first !== '' ? first : undefined
}

export function many(value: unknown): string[] {
  const all: unknown[] = Array.isArray(value) ? value : [value]
  return [...new Set(all.filter((v): v is string => typeof v === 'string' && v !== ''))]
}

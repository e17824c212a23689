const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** How long, in at most two units: "now", "40 s", "8 min", "2 h 10 min", "3 days". */
export function span(ms: number): string {
  const abs = Math.abs(ms)
  if (abs < 5 * SECOND) return 'now'
  if (abs < MINUTE) return `${Math.round(abs / SECOND)} s`
  if (abs < HOUR) return `${Math.floor(abs / MINUTE)} min`
  if (abs < DAY) {
    const hours = Math.floor(abs / HOUR)
    const minutes = Math.floor((abs % HOUR) / MINUTE)
    return hours < 6 && minutes > 0 ? `${hours} h ${minutes} min` : `${hours} h`
  }
  const days = Math.floor(abs / DAY)
  return days === 1 ? '1 day' : `${days} days`
}

/** A moment as people say it: relative up to 7 days, then the date. */
export function when(at: Date, now: Date): string {
  const ms = now.getTime() - at.getTime()
  if (ms < 0) return ms > -5 * SECOND ? 'now' : `in ${span(ms)}`
  if (ms < 5 * SECOND) return 'now'
  if (ms <= 7 * DAY) return `${span(ms)} ago`
  return day(at, now)
}

/** "3 November", with the year when it is not this one. */
export function day(at: Date, now: Date): string {
  const year = at.getFullYear() === now.getFullYear() ? {} : { year: 'numeric' as const }
  return at.toLocaleDateString('en-GB', { day: 'numeric', month: 'long', ...year })
}

/** The heading of a day in a list: "Today", "Yesterday", "Thursday", "3 November". */
export function dayHeading(at: Date, now: Date): string {
  const start = (d: Date) => new Date(d.getFullYear(), d.getMonth(), d.getDate()).getTime()
  const days = Math.round((start(now) - start(at)) / DAY)
  if (days === 0) return 'Today'
  if (days === 1) return 'Yesterday'
  if (days > 1 && days < 7) return at.toLocaleDateString('en-GB', { weekday: 'long' })
  return day(at, now)
}

/** Exact, with the zone: for `title`. */
export function exact(at: Date): string {
  return at.toLocaleString('en-GB', { dateStyle: 'full', timeStyle: 'long' })
}

export function clock(at: Date): string {
  return at.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })
}

/** The last two parts of a path: enough to know it, short enough to read. */
export function shortPath(path: string): string {
  const parts = path
    .replace(/^[a-z]+:\/\//, '')
    .split('/')
    .filter(Boolean)
  return parts.slice(-2).join('/')
}

/** A location's target, short: host and path of a URL, else the last two parts of a path. */
export function shortTarget(target: string): string {
  const url = /^https?:\/\//i.test(target) && URL.canParse(target) ? new URL(target) : undefined
  return url ? `${url.host}${url.pathname}`.replace(/\/$/, '') : shortPath(target)
}

/** `file:/a/b.yaml` → `/a/b.yaml`; `url:https://x` → `https://x`. */
export function locationTarget(location: string): string {
  const colon = location.indexOf(':')
  return /^(file|url|dir|glob|git|inline|folder)$/.test(location.slice(0, colon)) ? location.slice(colon + 1) : location
}

/** Where a problem is: `catalog-info.yaml:9:3`. */
export function place(file: string, line?: number, column?: number): string {
  return [shortPath(file), line || undefined, line ? column || undefined : undefined]
    .filter((p) => p !== undefined)
    .join(':')
}

/** One letter pair for a monogram: "Port Operations" → PO, "payments" → PA. */
export function monogram(name: string): string {
  const words = name.split(/[\s._-]+/).filter((word) => /[\p{L}\p{N}]/u.test(word))
  const [first = '', second] = words
  const letters = second ? [...first].slice(0, 1).concat([...second].slice(0, 1)) : [...first].slice(0, 2)
  return letters.join('').toUpperCase()
}

/** A value of a spec or diff on one line: text as it is, the rest as JSON, cut at `max` characters. */
export function inline(value: unknown, max = 120): string {
  const out = typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
  const flat = out.replace(/\s+/g, ' ').trim()
  return flat.length > max ? `${flat.slice(0, max - 1)}…` : flat
}

/** "12 KB", for what is long enough to be told in them. */
export function kilobytes(bytes: number): string {
  return `${Math.max(1, Math.round(bytes / 1024)).toLocaleString('en-GB')} KB`
}

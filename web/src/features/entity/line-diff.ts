import { isCut, statusLines } from '../../lib/change-words.ts'
import { kilobytes } from '../../lib/format.ts'

export interface DiffLine {
  was?: string
  now?: string
}

/** Beyond so many lines on a side everything is told as replaced: who reads that wants the file. */
const MOST = 600

/** A value as lines: text as it is, words one a line, the rest as JSON; nothing as no line. */
export function linesOf(value: unknown): string[] {
  if (value === undefined) return []
  if (isCut(value)) return `${value.start}… (${kilobytes(value.bytes)})`.split('\n')
  if (Array.isArray(value) && value.length > 0 && value.every((v) => typeof v === 'string'))
    return value.map((word) => `- ${word}`)
  const text = typeof value === 'string' ? value : (statusLines(value) ?? JSON.stringify(value, null, 2))
  return text.replace(/\n$/, '').split('\n')
}

/** Two texts line by line: those of both side by side, what went beside what came. */
export function lineDiff(from: string[], to: string[]): DiffLine[] {
  const out: DiffLine[] = []
  const gone: string[] = []
  const come: string[] = []
  const settle = () => {
    for (let i = 0; i < Math.max(gone.length, come.length); i++) {
      const [was, now] = [gone[i], come[i]]
      out.push({ ...(was === undefined ? {} : { was }), ...(now === undefined ? {} : { now }) })
    }
    gone.length = come.length = 0
  }
  const common = from.length > MOST || to.length > MOST ? [] : longestCommon(from, to)
  let [i, j] = [0, 0]
  for (const [a, b] of [...common, [from.length, to.length] as const]) {
    gone.push(...from.slice(i, a))
    come.push(...to.slice(j, b))
    settle()
    const line = from[a]
    if (line !== undefined && a < from.length && b < to.length) out.push({ was: line, now: line })
    ;[i, j] = [a + 1, b + 1]
  }
  return out
}

/** Indices of the longest common subsequence. */
function longestCommon(from: string[], to: string[]): (readonly [number, number])[] {
  const width = to.length + 1
  const length = new Uint16Array((from.length + 1) * width)
  const at = (i: number, j: number) => length[i * width + j] ?? 0
  for (let i = from.length - 1; i >= 0; i--)
    for (let j = to.length - 1; j >= 0; j--)
      length[i * width + j] = from[i] === to[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
  const pairs: (readonly [number, number])[] = []
  for (let i = 0, j = 0; i < from.length && j < to.length;) {
    if (from[i] === to[j]) pairs.push([i++, j++])
    else if (at(i + 1, j) >= at(i, j + 1)) i++
    else j++
  }
  return pairs
}

const AROUND = 3

/** Of a long text what is near a difference; undefined stands for the lines left out. */
export function near(lines: DiffLine[]): (DiffLine | undefined)[] {
  const close = lines.map((_, i) => lines.slice(Math.max(0, i - AROUND), i + AROUND + 1).some((l) => l.was !== l.now))
  const out: (DiffLine | undefined)[] = []
  lines.forEach((line, i) => {
    if (close[i]) out.push(line)
    else if (out.length === 0 || out.at(-1) !== undefined) out.push(undefined)
  })
  return out
}

export interface Piece {
  text: string
  type?: 'key' | 'string' | 'number' | 'comment'
}

/**
 * Tells of each line of a YAML file whether it is within block text (`key: |`): there nothing is a key or a comment. It reads
 * indents alone, so a file that is wrong, or too large to parse, has its colours too.
 */
export function yamlBlockText(lines: readonly string[]): boolean[] {
  const within = new Array<boolean>(lines.length).fill(false)
  let above: number | undefined // the indent of what the text belongs to
  for (const [i, line] of lines.entries()) {
    if (above !== undefined) {
      const indent = /^ */.exec(line)?.[0].length ?? 0
      if (indent > above || line.trim() === '') {
        within[i] = true
        continue
      }
      // Empty lines before what follows belong to neither; they have no colour.
      above = undefined
    }
    above = opensText(line)
  }
  return within
}

/** A line that opens block text ends with its sign; a longer one is none that somebody wrote. */
const LONGEST = 1_000

/** Whether block text begins below the line, and at which indent what it belongs to stands. */
function opensText(line: string): number | undefined {
  if (line.length > LONGEST || !/[|>]/.test(line)) return undefined
  const [, indent = '', dashes = '', rest = ''] = /^( *)((?:- +)*)(.*)$/.exec(line) ?? []
  const sign = /(?:^|\s)[|>][-+0-9]{0,2}\s*(?:\s#.*)?$/.exec(rest)
  if (!sign) return undefined
  const words = rest.slice(0, sign.index).split(/\s+/).filter(Boolean)
  while (/^[!&]/.test(words.at(-1) ?? '')) words.pop() // its tag and its anchor
  const before = words.join(' ')
  if (before === '---') return -1
  // Below `- |` it is the last dash, below `- key: |` the key, which stands after it.
  if (before === '') return indent.length + dashes.trimEnd().length - 1
  return before.endsWith(':') && !/^#| #/.test(before) ? indent.length + dashes.length : undefined
}

/** Splits one line of YAML into coloured pieces; `text` is a line within block text. */
export function yamlPieces(line: string, text = false): Piece[] {
  if (text) return line === '' ? [] : [{ text: line, type: 'string' }]
  const head = /^(\s*(?:- )*)([\w.$/"'@-][^:#]*?)(:)(?=\s|$)/.exec(line)
  const pieces: Piece[] = []
  let rest = line
  if (head) {
    if (head[1]) pieces.push({ text: head[1] })
    pieces.push({ text: head[2] ?? '', type: 'key' }, { text: ':' })
    rest = line.slice(head[0].length)
  }
  const comment = /(^|\s)#.*$/.exec(rest)
  const value = comment ? rest.slice(0, comment.index + (comment[1]?.length ?? 0)) : rest
  if (value) pieces.push(valuePiece(value, head !== null))
  if (comment) pieces.push({ text: rest.slice(value.length), type: 'comment' })
  return pieces
}

function valuePiece(value: string, afterKey: boolean): Piece {
  const bare = value.trim().replace(/^(- )+/, '')
  if (/^-?\d[\d_.]*$/.test(bare) || /^(true|false|null|~)$/.test(bare)) return { text: value, type: 'number' }
  if (afterKey || /^\s*- /.test(value)) return { text: value, type: 'string' }
  return { text: value }
}

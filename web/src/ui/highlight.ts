export interface Piece {
  text: string
  type?: 'key' | 'string' | 'number' | 'comment'
}

/**
 * Splits one line of YAML into coloured pieces. It reads lines, not documents: a line inside a block text may get a
 * colour that it does not deserve, never another text.
 */
export function yamlPieces(line: string): Piece[] {
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

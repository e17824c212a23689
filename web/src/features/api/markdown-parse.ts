/** The little of Markdown that descriptions of APIs use, as a tree: no HTML, no pictures, links to pages and mailboxes alone. */
export type MdBlock =
  | { kind: 'p' | 'head' | 'quote'; inline: Inline[] }
  | { kind: 'code'; text: string }
  | { kind: 'list'; ordered: boolean; items: Inline[][] }
  | { kind: 'table'; head: Inline[][]; rows: Inline[][][] }

export type Inline =
  { kind: 'text' | 'code' | 'strong' | 'em'; text: string } | { kind: 'link'; text: string; href: string }

const MOST_BLOCKS = 400

export function parseMarkdown(source: string): MdBlock[] {
  const lines = plain(source).split('\n')
  const out: MdBlock[] = []
  let i = 0
  const line = () => lines[i] ?? ''
  while (i < lines.length && out.length < MOST_BLOCKS) {
    if (line().trim() === '') {
      i++
      continue
    }
    const fence = /^\s*(```|~~~)/.exec(line())?.[1]
    if (fence) {
      const text: string[] = []
      for (i++; i < lines.length && !line().trim().startsWith(fence); i++) text.push(line())
      i++
      out.push({ kind: 'code', text: text.join('\n') })
      continue
    }
    const head = /^ {0,3}#{1,6}\s/.exec(line())?.[0]
    if (head !== undefined) {
      out.push({
        kind: 'head',
        inline: inlines(
          line()
            .slice(head.length)
            .trim()
            .replace(/#{1,6}$/, '')
            .trim(),
        ),
      })
      i++
      continue
    }
    if (/^\s*([-*_])(\s*\1){2,}\s*$/.test(line())) {
      i++
      continue
    }
    if (isTable(lines, i)) {
      const head = cells(line())
      const rows: Inline[][][] = []
      for (i += 2; i < lines.length && line().includes('|') && rows.length < 200; i++) rows.push(cells(line()))
      out.push({ kind: 'table', head, rows })
      continue
    }
    if (bullet.test(line())) {
      const ordered = /^\s*\d/.test(line())
      const items: string[] = []
      for (; i < lines.length; i++) {
        const item = bullet.exec(line())
        if (item) items.push(line().slice(item[0].length))
        else if (line().trim() === '') {
          if (!bullet.test(lines[i + 1] ?? '')) break
        } else if (/^\s{2,}/.test(line()) || !startsBlock(line())) items[items.length - 1] += ` ${line().trim()}`
        else break
      }
      out.push({ kind: 'list', ordered, items: items.slice(0, 300).map(inlines) })
      continue
    }
    if (/^(\t| {4})/.test(line())) {
      const text: string[] = []
      for (; i < lines.length && (/^(\t| {4})/.test(line()) || line().trim() === ''); i++)
        text.push(line().replace(/^(\t| {4})/, ''))
      out.push({ kind: 'code', text: text.join('\n').trimEnd() })
      continue
    }
    const quote = line().trimStart().startsWith('>')
    const text: string[] = []
    for (; i < lines.length && line().trim() !== '' && (text.length === 0 || !startsBlock(line())); i++)
      text.push(line().trim().replace(/^>\s?/, ''))
    out.push({ kind: quote ? 'quote' : 'p', inline: inlines(text.join('\n')) })
  }
  return out
}

const bullet = /^\s*(?:[-*+]|\d{1,4}[.)])\s+/

function startsBlock(line: string): boolean {
  return bullet.test(line) || /^\s*(```|~~~|#{1,6}\s|>)/.test(line)
}

function isTable(lines: string[], i: number): boolean {
  const rule = lines[i + 1] ?? ''
  return (lines[i] ?? '').includes('|') && /^[\s:|-]{3,400}$/.test(rule) && rule.includes('|') && rule.includes('-')
}

function cells(line: string): Inline[][] {
  return line
    .trim()
    .replace(/^\||\|$/g, '')
    .split('|')
    .slice(0, 20)
    .map((cell) => inlines(cell.trim()))
}

/** Tags that only shape text say nothing here; a break is one. Everything else in angle brackets stays the text that it is. */
function plain(source: string): string {
  return source
    .slice(0, 40_000)
    .replace(/\r\n?/g, '\n')
    .replace(/<!--[\s\S]{0,4000}?-->/g, '')
    .replace(/<br\s*\/?>/gi, '\n')
    .replace(/<\/(p|li|h[1-6]|tr|div|ul|ol)>/gi, '\n')
    .replace(/<li>/gi, '- ')
    .replace(
      /<\/?(p|b|i|em|strong|code|pre|ul|ol|a|div|span|h[1-6]|table|thead|tbody|tr|td|th|sup|sub|small|details|summary|img)(\s[^<>]*)?\/?>/gi,
      '',
    )
}

// Every repetition has an end, so that no text, however made, holds the page up.
const inline =
  /(`{1,3})([^`]{1,2000}?)\1(?!`)|\*\*([^*\n]{1,600}?)\*\*|__([^_\n]{1,600}?)__|\*([^*\s][^*\n]{0,600}?)\*|\[([^[\]\n]{1,300})\]\(<?([^\s()<>]{1,1000}(?:\([^\s()]{0,200}\))?)>?(?:\s{1,4}"[^"\n]{0,300}")?\)|(https?:\/\/[^\s<>()[\]"'`]{1,1000})/g

export function inlines(text: string): Inline[] {
  const out: Inline[] = []
  let from = 0
  const say = (piece: string) => {
    if (piece) out.push({ kind: 'text', text: piece.replace(/\\([\\`*_{}[\]()#+.!|>-])/g, '$1') })
  }
  inline.lastIndex = 0
  for (let m = inline.exec(text); m; m = inline.exec(text)) {
    say(text.slice(from, m.index))
    from = m.index + m[0].length
    const [all, , code, strong, under, em, label, target, bare] = m
    if (code !== undefined) out.push({ kind: 'code', text: code })
    else if (strong !== undefined || under !== undefined)
      out.push({ kind: 'strong', text: (strong ?? under ?? '').replaceAll('`', '') })
    else if (em !== undefined) out.push({ kind: 'em', text: em })
    else if (bare !== undefined) {
      const href = bare.replace(/[.,;:!?]+$/, '')
      out.push({ kind: 'link', text: href, href })
      from -= bare.length - href.length
      inline.lastIndex = from
    } else if (target !== undefined && /^(https?:\/\/|mailto:)/i.test(target))
      out.push({ kind: 'link', text: label ?? target, href: target })
    // A link to within a page that is not here is its words; what only looks like a link is what it looks like.
    else say(/^(#|\.{0,2}\/|[\w-]+:|[\w./-]+\.(md|html?)$)/i.test(target ?? '') ? (label ?? all) : all)
  }
  say(text.slice(from))
  return out
}

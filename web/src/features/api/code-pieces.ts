import { yamlBlockText, yamlPieces, type Piece } from '../../ui/highlight.ts'
import type { Language } from './read/model.ts'

const words: Partial<Record<Language, string>> = {
  proto:
    'syntax|edition|package|import|option|message|enum|service|rpc|returns|stream|oneof|map|repeated|optional|required|reserved|extensions|extend|to|public|weak',
  ts: 'const|let|var|export|import|from|type|interface|function|return|async|await|new|extends|default|as|if|else|readonly|declare',
  shell: 'curl|grpcurl',
}

const comments: Partial<Record<Language, string>> = {
  graphql: '#[^\\n]*',
  shell: '#[^\\n]*',
  proto: '\\/\\/[^\\n]*|\\/\\*.*?(?:\\*\\/|$)',
  ts: '\\/\\/[^\\n]*|\\/\\*.*?(?:\\*\\/|$)',
  xml: '<!--.*?(?:-->|$)',
}

const made = new Map<Language, RegExp>()

function rule(language: Language): RegExp {
  const had = made.get(language)
  if (had) return had
  const comment = comments[language] ?? '(?!)'
  const key =
    language === 'graphql'
      ? // Only where a statement begins: the same words stand in what is said about it.
        '^\\s*(?:extend\\s+)?(?:type|interface|input|enum|union|scalar|directive|schema|query|mutation|subscription|fragment)(?=[\\s({]+(?:[\\w@$:]|$))|\\bimplements\\b'
      : language === 'json'
        ? '"(?:\\\\.|[^"\\\\])*"(?=\\s*:)'
        : language === 'xml'
          ? '<\\/?[\\w:.-]+|\\/?>'
          : `\\b(?:${words[language] ?? '(?!)'})\\b`
  const it = new RegExp(
    `(${comment})|(${key})|(""".*?"""|""".*$|"(?:\\\\.|[^"\\\\])*"|'(?:\\\\.|[^'\\\\])*')|(\\b-?\\d[\\d_.]*\\b|\\btrue\\b|\\bfalse\\b|\\bnull\\b)`,
    'g',
  )
  made.set(language, it)
  return it
}

/** Of each line whether it is within text of several lines, which some languages have. */
export function textLines(lines: readonly string[], language: Language): boolean[] {
  if (language === 'yaml') return yamlBlockText(lines)
  return language === 'graphql' ? quotedLines(lines) : []
}

/** Descriptions of GraphQL between three quotes: every line after the one that opens them, up to the one that closes them. */
function quotedLines(lines: readonly string[]): boolean[] {
  let open = false
  return lines.map((line) => {
    const was = open
    const quotes = line.trimStart().startsWith('#') && !was ? 0 : (line.match(/(?<!\\)"""/g)?.length ?? 0)
    if (quotes % 2 === 1) open = !open
    return was
  })
}

/** Splits one line into coloured pieces; `text` is a line that `textLines` found within text. */
export function codePieces(line: string, language: Language, text = false): Piece[] {
  if (language === 'yaml') return yamlPieces(line, text)
  if (text) return line === '' ? [] : [{ text: line, type: language === 'graphql' ? 'string' : 'comment' }]
  if (language === 'plain') return [{ text: line }]
  const out: Piece[] = []
  let from = 0
  for (const m of line.matchAll(rule(language))) {
    if (m.index > from) out.push({ text: line.slice(from, m.index) })
    const type = m[1] !== undefined ? 'comment' : m[2] !== undefined ? 'key' : m[3] !== undefined ? 'string' : 'number'
    out.push({ text: m[0], type })
    from = m.index + m[0].length
  }
  if (from < line.length) out.push({ text: line.slice(from) })
  return out
}

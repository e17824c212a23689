import { yamlPieces, type Piece } from '../../ui/highlight.ts'
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
        '^\\s*(?:extend\\s+)?(?:type|interface|input|enum|union|scalar|directive|schema|query|mutation|subscription|fragment)(?=[\\s({]+[\\w@$:])|\\bimplements\\b'
      : language === 'json'
        ? '"(?:\\\\.|[^"\\\\])*"(?=\\s*:)'
        : language === 'xml'
          ? '<\\/?[\\w:.-]+|\\/?>'
          : `\\b(?:${words[language] ?? '(?!)'})\\b`
  const it = new RegExp(
    `(${comment})|(${key})|("""|"(?:\\\\.|[^"\\\\])*"|'(?:\\\\.|[^'\\\\])*')|(\\b-?\\d[\\d_.]*\\b|\\btrue\\b|\\bfalse\\b|\\bnull\\b)`,
    'g',
  )
  made.set(language, it)
  return it
}

/** Splits one line into coloured pieces. It reads lines, not documents, as the colours of YAML do. */
export function codePieces(line: string, language: Language): Piece[] {
  if (language === 'yaml') return yamlPieces(line)
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

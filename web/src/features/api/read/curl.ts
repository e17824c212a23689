import type { RequestPart } from './model.ts'

interface Call {
  method: string
  url: string
  query: string[]
  headers: string[]
  media: string | undefined
  body: string | undefined
  /** Of a form: each its own part. */
  parts?: RequestPart[] | undefined
  /** The body is a file. */
  file?: boolean | undefined
}

/** The call as a command for a shell. Everything that comes from the definition is quoted: pasted, it runs as one command. */
export function curl({ method, url, query, headers, media, body, parts, file }: Call): string {
  const said = ['curl']
  const verb = method.toUpperCase()
  if (verb !== (body === undefined && !parts?.length && !file ? 'GET' : 'POST')) said.push(`-X ${quote(verb)}`)
  const tail = query.map((name) => `${encodeURIComponent(name)}=…`).join('&')
  said.push(quote(tail ? `${url}${url.includes('?') ? '&' : '?'}${tail}` : url))
  const all = media ? [...headers, `Content-Type: ${media}`] : headers
  for (const header of all) said.push(`-H ${header.includes('$') ? doubled(header) : quote(header)}`)
  if (body !== undefined) said.push(`-d ${quote(body)}`)
  if (file) said.push('--data-binary @FILE')
  for (const part of parts ?? [])
    // What is optional and has no value of the definition's own is left to whoever calls.
    if (part.file ? part.required : part.required || part.value !== '') said.push(...formPart(part))
  return said
    .map((part, i) => (i < 2 ? part : `  ${part}`))
    .join(' \\\n')
    .replace('curl \\\n', 'curl ')
}

/**
 * One part of a form. curl reads a file where a value begins with `@` or `<`, and takes `;` for the end of a value: what comes
 * from the definition must do neither. A name ends at its first `=`.
 */
function formPart({ name, value, file, media }: RequestPart): string[] {
  if (file) return name.includes('=') ? [] : [`-F ${quote(`${name}=@FILE`)}`]
  const plain = value === '' ? '…' : value
  if (!media || name.includes('=')) return [`--form-string ${quote(`${name}=${plain}`)}`]
  return [`-F ${quote(`${name}="${plain.replace(/["\\]/g, '\\$&')}";type=${media.replace(/[^\w/.+-]/g, '')}`)}`]
}

/** Within single quotes a shell reads nothing. */
function quote(text: string): string {
  return /^[A-Za-z0-9_./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

/** Only for headers that name a variable of the caller's own: what else a shell would read is disarmed. */
function doubled(header: string): string {
  const safe = /^([\w-]+: (?:Basic |Bearer )?)(\$[A-Z]+)$/.exec(header)
  return safe ? `"${safe[1] ?? ''}${safe[2] ?? ''}"` : quote(header)
}

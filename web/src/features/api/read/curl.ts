interface Call {
  method: string
  url: string
  query: string[]
  headers: string[]
  media: string | undefined
  body: string | undefined
}

/** The call as a command for a shell. Everything that comes from the definition is quoted: pasted, it runs as one command. */
export function curl({ method, url, query, headers, media, body }: Call): string {
  const parts = ['curl']
  const verb = method.toUpperCase()
  if (verb !== (body === undefined ? 'GET' : 'POST')) parts.push(`-X ${quote(verb)}`)
  const tail = query.map((name) => `${encodeURIComponent(name)}=…`).join('&')
  parts.push(quote(tail ? `${url}${url.includes('?') ? '&' : '?'}${tail}` : url))
  const all = media ? [...headers, `Content-Type: ${media}`] : headers
  for (const header of all) parts.push(`-H ${header.includes('$') ? doubled(header) : quote(header)}`)
  if (body !== undefined) parts.push(`-d ${quote(body)}`)
  return parts
    .map((part, i) => (i < 2 ? part : `  ${part}`))
    .join(' \\\n')
    .replace('curl \\\n', 'curl ')
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

import { entries, inlineJson, list, own, str, type Obj } from './value.ts'

/** The address of a server. To be called, its variables have the values that the definition names as usual. */
export function serverUrl(server: unknown, called: boolean): string | undefined {
  const url = str(own(server, 'url'), 300)
  if (url === undefined || !called) return url
  const variables = own(server, 'variables')
  return url.replace(
    /\{([^{}]+)\}/g,
    (written, name: string) => str(own(own(variables, name), 'default'), 200) ?? written,
  )
}

/** The value of a parameter that the definition itself gives: an example or what counts without one. Nothing is made up. */
export function given(parameter: Obj, schema: Obj): string {
  const named = own(Object.values((own(parameter, 'examples') as Obj | undefined) ?? {})[0], 'value')
  const value =
    own(parameter, 'example') ??
    named ??
    own(parameter, 'x-example') ??
    own(schema, 'example') ??
    list(own(schema, 'examples'))[0] ??
    own(schema, 'default') ??
    own(parameter, 'default')
  if (value === undefined || value === null) return ''
  return Array.isArray(value) ? value.map((v) => inlineJson(v, 200)).join(',') : inlineJson(value, 1_000)
}

/** A sample of a body as its sort of media is written. */
export function formText(media: string, sample: string): string {
  if (!media.startsWith('application/x-www-form-urlencoded')) return sample
  let parsed: unknown
  try {
    parsed = JSON.parse(sample)
  } catch {
    return sample
  }
  return entries(parsed)
    .map(([key, value]) => `${encode(key)}=${encode(inlineJson(value, 400))}`)
    .join('&')
}

/** A part of an address. Half of a character, which no address can hold, is as if it were unknown. */
export function encode(text: string): string {
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd'))
}

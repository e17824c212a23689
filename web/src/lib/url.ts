/** The address, when it is http(s): a link from a file never runs script. */
export function httpUrl(value: string | undefined): string | undefined {
  if (!value || !URL.canParse(value)) return undefined
  const { protocol } = new URL(value)
  return protocol === 'https:' || protocol === 'http:' ? value : undefined
}

/** By the clock of whoever looks. */
export function greetingWords(now: Date, name: string | undefined): string | undefined {
  if (!name) return undefined
  const hour = now.getHours()
  const time = hour < 5 ? 'night' : hour < 12 ? 'morning' : hour < 18 ? 'afternoon' : 'evening'
  const [first = name] = name.split(/\s+/)
  return time === 'night' ? `Hello, ${first}` : `Good ${time}, ${first}`
}

// Names that a capital does not make; any other is a word like "Go" or "Kotlin".
const spelled: Record<string, string> = {
  javascript: 'JavaScript',
  typescript: 'TypeScript',
  csharp: 'C#',
  fsharp: 'F#',
  cpp: 'C++',
  'objective-c': 'Objective-C',
  dotnet: '.NET',
  php: 'PHP',
  sql: 'SQL',
  html: 'HTML',
  css: 'CSS',
  cobol: 'COBOL',
  abap: 'ABAP',
}

/** A language in its own spelling, where somebody wrote it in small letters. */
export function languageName(value: string): string {
  const known = spelled[value.toLowerCase()]
  if (known) return known
  return /^[a-z]/.test(value) ? value.charAt(0).toUpperCase() + value.slice(1) : value
}

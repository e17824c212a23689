/** Languages whose name is more than their word with a capital. */
const names = new Map([
  ['golang', 'Go'],
  ['typescript', 'TypeScript'],
  ['javascript', 'JavaScript'],
  ['php', 'PHP'],
  ['sql', 'SQL'],
  ['html', 'HTML'],
  ['css', 'CSS'],
  ['cobol', 'COBOL'],
  ['abap', 'ABAP'],
  ['objective-c', 'Objective-C'],
  ['cpp', 'C++'],
  ['csharp', 'C#'],
  ['fsharp', 'F#'],
  ['dotnet', '.NET'],
])

/** A language as its makers write it, with what stands behind it: `go 1.26` is Go 1.26. */
export function languageName(language: string): string {
  const [first = '', ...rest] = language.split(' ')
  const name = names.get(first.toLowerCase()) ?? first.charAt(0).toUpperCase() + first.slice(1)
  return [name, ...rest].join(' ')
}

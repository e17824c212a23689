/** What somebody looks for: the words, and where. */
export interface Asked {
  /** Words and tags (`#java`) as the server takes them, in lower case; '' for nothing yet. */
  term: string
  words: string[]
  scope: Scope
}

export const scopes = ['all', 'catalog', 'apis', 'people', 'actions'] as const
export type Scope = (typeof scopes)[number]

export const scopeNames: Record<Scope, string> = {
  all: 'All',
  catalog: 'Catalog',
  apis: 'APIs',
  people: 'People',
  actions: 'Actions',
}

/** The server reads no more; who types more has pasted something. */
const MOST_WORDS = 8
const LONGEST = 180

/** Reads what was typed. `>` looks among actions and `@` among people and teams, whatever the scope; `#` begins a tag. */
export function readTyped(typed: string, chosen: Scope): Asked {
  const start = typed.trimStart().charAt(0)
  const scope = start === '>' ? 'actions' : start === '@' ? 'people' : chosen
  const rest = scope === chosen && start !== '>' && start !== '@' ? typed : typed.trimStart().slice(1)
  const all = rest.slice(0, LONGEST).toLowerCase().split(/\s+/).filter(Boolean).slice(0, MOST_WORDS)
  const pieces = all.filter((w) => w !== '#')
  return { term: pieces.join(' '), words: pieces.filter((w) => !w.startsWith('#')), scope }
}

/** The beginnings of tags that were typed. */
export function tagsOf({ term }: Asked): string[] {
  return term
    .split(' ')
    .filter((w) => w.startsWith('#'))
    .map((w) => w.slice(1))
}

/** What is typed, without the sign that chose a scope: Tab chooses another one. */
export function withoutSign(typed: string): string {
  return typed.replace(/^\s*[>@]/, '')
}

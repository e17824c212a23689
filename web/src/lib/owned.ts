import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { request, withQuery } from './api.ts'
import { parseRef, text, type Entity } from './entity.ts'
import { keys } from './keys.ts'
import { absentWords } from './missing.ts'
import { api } from './paths.ts'
import { number } from './words.ts'

/** Something that an entity asks of whoever owns it; the sorts are those of docs/api.md. */
export interface Need {
  what: 'error' | 'missing' | 'conflict' | 'absent' | 'deprecated' | 'ownerless'
  ref?: string
  message?: string
}

export interface Standing {
  entity: Entity
  changedAt: string | null
  /** How many entities need it. */
  users: number
  /** 3 broken · 2 needs a look · 1 can wait · 0 in order. */
  level: 0 | 1 | 2 | 3
  needs: Need[]
  moreNeeds?: number
}

export interface Owned {
  total: number
  kinds: Record<string, number>
  levels: { bad: number; warn: number; later: number }
  deprecated: number
  /** Whose, where the teams below were asked for: those asked for first. `ownersCut`: there may be more. */
  owners?: string[]
  ownersCut?: boolean
  /** The worst first. */
  items: Standing[]
}

/** As many as a person may have to look at; their page shows the first of them. */
const OWNED = 60

interface OwnedAsk {
  /** With what the teams below the owners own. */
  below?: boolean
  /** Lists and judges those of one kind; `total` and `kinds` count all. */
  kind?: string | undefined
  limit?: number
}

/** What the owners own, the worst first, with what each needs of them. */
export function ownedQuery(owners: string[], { below = false, kind, limit = OWNED }: OwnedAsk = {}) {
  const ask = { owner: owners, below: below ? 'true' : undefined, kind, limit }
  return queryOptions({
    queryKey: [...keys.owned(owners), below, kind ?? '', limit],
    queryFn: ({ signal }) => request<Owned>(withQuery(api.owned, ask), { signal }),
    enabled: owners.length > 0,
    placeholderData: keepPreviousData,
  })
}

const nameOf = (ref: string | undefined) => parseRef(ref ?? '').name

/** The state of a row, in a few words. */
export function stateWords(s: Standing): string {
  const first = s.needs[0]
  if (!first) {
    const used = s.users > 0 ? `used by ${number(s.users)}` : ''
    const old = text(s.entity.spec?.['lifecycle'])?.toLowerCase() === 'deprecated'
    if (old) return s.users > 0 ? `Deprecated, ${number(s.users)} still use it` : 'Deprecated, nobody uses it'
    return ['In order', used].filter(Boolean).join(' · ')
  }
  const other = nameOf(first.ref)
  const alike = s.needs.filter((n) => n.what === first.what).length + (s.moreNeeds ?? 0)
  switch (first.what) {
    case 'error':
      return 'Its file has an error'
    case 'missing':
      return 'Missing from its source'
    case 'conflict':
      return 'Two files claim it'
    case 'absent':
      return absentWords({ count: alike, first: first.ref ?? '' })
    case 'deprecated':
      return alike > 1 ? `Uses ${number(alike)} that are deprecated` : `Uses ${other}, deprecated`
    case 'ownerless':
      return alike > 1 ? `Uses ${number(alike)} that nobody owns` : `Uses ${other}, which nobody owns`
  }
}

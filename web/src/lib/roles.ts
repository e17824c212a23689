import { count, listed, number } from './words.ts'

/** What an entity one step away is to the one that is looked at. */
export type Role = 'use' | 'api' | 'part' | 'owned' | 'member' | 'under' | 'provider' | 'need' | 'belongs'

const belonging: Partial<Record<string, Role>> = {
  partOf: 'part',
  ownedBy: 'owned',
  memberOf: 'member',
  childOf: 'under',
}

/** Of who has a relation to it, and of an API that it provides. */
export function roleOfUser(type: string): Role {
  return type === 'apiProvidedBy' ? 'api' : (belonging[type] ?? 'use')
}

/** Of whom it has a relation to, and of who provides it. */
export function roleOfNeed(type: string): Role {
  return type === 'apiProvidedBy' ? 'provider' : type in belonging ? 'belongs' : 'need'
}

const are = (n: number, one: string, many: string) => `${number(n)} ${n === 1 ? one : many}`

const words: Record<Role, (n: number) => string> = {
  use: (n) => (n === 0 ? 'nothing uses it' : are(n, 'uses it', 'use it')),
  api: (n) => are(n, 'is an API that it provides', 'are APIs that it provides'),
  part: (n) => are(n, 'is a part of it', 'are parts of it'),
  owned: (n) => are(n, 'is owned by it', 'are owned by it'),
  member: (n) => are(n, 'is a member of it', 'are members of it'),
  under: (n) => are(n, 'is under it', 'are under it'),
  provider: (n) => (n === 0 ? 'nobody provides it' : are(n, 'provides it', 'provide it')),
  need: (n) => (n === 0 ? 'it needs nothing' : `it needs ${number(n)}`),
  belongs: (n) => `it belongs to ${count(n, 'other')}`,
}

const order = Object.keys(words) as Role[]

/** "3 use it, 2 are APIs that it provides and it needs 4": always in the same words, so that numbers can be compared. */
export function rolesWords(roles: Map<Role, number>, more: string[] = []): string {
  return listed([...order.flatMap((role) => (roles.has(role) ? [words[role](roles.get(role) ?? 0)] : [])), ...more])
}

/** How many others there are of each role; one that is related twice in the same role counts once. */
export function countRoles(ends: Iterable<readonly [role: Role, ref: string]>): Map<Role, number> {
  const refs = new Map<Role, Set<string>>()
  for (const [role, ref] of ends) refs.set(role, (refs.get(role) ?? new Set()).add(ref))
  return new Map([...refs].map(([role, all]) => [role, all.size]))
}

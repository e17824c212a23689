import { queryOptions } from '@tanstack/react-query'
import { request, withQuery } from './api.ts'
import { keys } from './keys.ts'
import { api } from './paths.ts'
import type { Deciding, Explanation, Session } from './portico.ts'
import { capital, listed } from './words.ts'

/** What each permission lets one do, after "You may not". */
const doing: Record<string, string> = {
  'catalog.entity.read': 'see entities of the catalog',
  'catalog.entity.refresh': 'refresh an entity',
  'catalog.entity.edit': 'edit an entity',
  'catalog.entity.delete': 'remove an entity',
  'catalog.location.create': 'register a location',
  'catalog.location.delete': 'unregister a location',
  'catalog.ingestion.read': 'see sources and problems',
  'catalog.ingestion.manage': 'decide about sources and problems',
  'portico.audit.read': 'read the audit log',
  'portico.me.manage': 'have tokens of your own',
  'portico.settings.manage': 'keep settings of your own',
  'portico.token.manage': 'manage the tokens of services',
  'portico.policy.read': 'see which policies count',
  'portico.policy.explain': 'ask why others can or cannot',
}

/** Those that people meet in the portal, in the order in which they are told. */
export const permissions = Object.keys(doing)

export function doingWords(permission: string): string {
  return doing[permission] ?? `use ${permission}`
}

/** Asks the server why; about one entity, or, with "", whether there can be any. */
export function whyQuery(permission: string, entity = '') {
  return queryOptions({
    queryKey: keys.may(permission, entity),
    queryFn: ({ signal }) => request<Explanation>(withQuery(api.explain, { permission, entity }), { signal }),
    staleTime: 30_000,
  })
}

function policyWords({ id, at, effect, words }: Deciding): string {
  const verb = effect === 'permit' ? 'permits' : 'forbids'
  const name = id === at ? `The policy at ${at}` : `The policy “${id}”`
  return `${name} ${verb} it${words ? `: ${words}` : ''}.`
}

/** "author, operator or admin". */
export function either(roles: string[]): string {
  return roles.length < 2 ? roles.join('') : `${roles.slice(0, -1).join(', ')} or ${roles[roles.length - 1] ?? ''}`
}

/** Which policies decided; of many the first three. */
export function decidedWords(x: Explanation): string {
  if (x.policies.length === 0) return 'No policy permits it.'
  const more = x.policies.length - 3
  return [...x.policies.slice(0, 3).map(policyWords), ...(more > 0 ? [`So do ${String(more)} more.`] : [])].join(' ')
}

/** The roles that the person has, and those that would do. */
export function roleWords(x: Explanation): string {
  const mine =
    x.roles.length === 0
      ? 'You have no role.'
      : `${x.roles.length === 1 ? 'Your role is' : 'Your roles are'} ${listed(x.roles)}.`
  if (x.allowed) return mine
  const would = x.wouldAllow ?? []
  if (would.length > 0) return `${mine} It takes the role ${either(would)}.`
  return x.policies.some((p) => p.effect === 'forbid') ? 'No role changes that.' : `${mine} No role has it.`
}

/** Whom to ask, or what to do first. */
export function remedyWords(x: Explanation, session: Session): string {
  if (session.guest && (session.signIn?.providers.length ?? 0) > 0) return 'You are a guest. Sign in first.'
  return (x.wouldAllow ?? []).length > 0
    ? 'Ask whoever runs this portal for that role, or to do it for you.'
    : 'Ask whoever writes the policies of this portal.'
}

/** "You may not remove an entity.", or, about one, "You may not remove this entity." */
export function mayNotWords(permission: string, one = false): string {
  const words = doingWords(permission)
  return `You may not ${one ? words.replace('an entity', 'this entity') : words}.`
}

export function mayWords(permission: string): string {
  return capital(doingWords(permission))
}

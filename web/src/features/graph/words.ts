import type { EntitySource } from '../../lib/portico.ts'
import { countRoles, roleOfNeed, roleOfUser, rolesWords, type Role } from '../../lib/roles.ts'
import { count, kindWords, number, sentence } from '../../lib/words.ts'
import { parseRef } from '../../lib/entity.ts'
import type { Depth } from './graph-search.ts'
import { needOf, type Graph, type GraphNode, type Impact, type Side } from './model.ts'

const verbs: Record<string, string> = {
  dependsOn: 'depends on',
  consumesApi: 'calls',
  providesApi: 'provides',
  partOf: 'is part of',
  ownedBy: 'is owned by',
  memberOf: 'is a member of',
  childOf: 'is under',
}

const labels: Record<string, string> = {
  dependsOn: 'depends on',
  consumesApi: 'consumes an API',
  providesApi: 'provides an API',
  partOf: 'part of',
  ownedBy: 'owned by',
  memberOf: 'member of',
  childOf: 'under',
}

const order = Object.keys(labels)

/** A relation between two names: `booking-api *calls* payments.v2`. */
export const verbOf = (type: string): string => verbs[type] ?? sentence(type).toLowerCase()

/** A relation in a list of relations. */
export const labelOf = (type: string): string => labels[type] ?? sentence(type).toLowerCase()

/** Needs first, then where things belong; relations of one's own last. */
export function byUse(a: string, b: string): number {
  const rank = (type: string) => (order.includes(type) ? order.indexOf(type) : order.length)
  return rank(a) - rank(b) || a.localeCompare(b)
}

export const nameOf = (node: GraphNode | undefined, ref: string): string =>
  node?.title ?? node?.name ?? parseRef(ref).name

const steps: Record<string, string> = { 1: 'one step', 2: 'two steps', 3: 'three steps' }

const withinWords = (depth: Depth): string => (depth === 'all' ? 'any number of steps' : `${steps[depth] ?? ''}`)

interface Caption {
  /** Without those where one begins. */
  shown: number
  folded: number
  omitted: number
  depth: Depth
}

/** What is drawn, in one or two sentences. */
export function captionWords({ shown, folded, omitted, depth }: Caption): string {
  const inside = folded > 0 ? `, ${String(folded)} of them folded` : ''
  const left = leftOut(omitted)
  return `${count(shown, 'entity', 'entities')} within ${withinWords(depth)}${inside}.${left}`
}

const leftOut = (omitted: number) =>
  omitted > 0 ? ` ${count(omitted, 'more is', 'more are')} left out: the nearest come first.` : ''

/** Of a map, on which systems are drawn with what they hold. */
export function mapCaption(folded: number, omitted: number): string {
  return `${folded > 0 ? `${count(folded, 'entity is', 'entities are')} inside of the systems.` : ''}${leftOut(omitted)}`
}

/** What fails with it, counted: the answer of the page. What is felt at once is told as it is where nothing is marked. */
export function impactWords(
  name: string,
  graph: Pick<Graph, 'edges' | 'omitted'>,
  roots: string[],
  impact: Impact,
  side: Side,
): { strong: string; rest: string } {
  const all = impact.steps.size
  // What was left out may feel it as well.
  const strong = `${graph.omitted > 0 ? 'At least ' : ''}${count(all, 'entity', 'entities')} in all`
  if (all === 0)
    return side === 'users'
      ? { strong: 'Nothing breaks', rest: `if ${name} goes, as far as the catalog says` }
      : { strong: 'Nothing', rest: `that ${name} needs is known` }
  const direct = new Set([...impact.steps].flatMap(([ref, n]) => (n === 1 ? [ref] : [])))
  const far = all - direct.size
  const further = far > 0 ? [`${number(far)} ${far === 1 ? 'is' : 'are'} further away`] : []
  const detail = rolesWords(countRoles(endsOf(graph, roots, side).filter(([, ref]) => direct.has(ref))), further)
  if (side === 'needs') return { strong, rest: `can take ${name} down: ${detail}` }
  return { strong, rest: `${all === 1 ? 'feels' : 'feel'} it if ${name} goes: ${detail}` }
}

/** Who is one step away, where nothing is marked. */
export function oneStepWords(graph: Pick<Graph, 'edges'>, roots: string[]): string {
  const roles = countRoles([...endsOf(graph, roots, 'users'), ...endsOf(graph, roots, 'needs')])
  if (roles.size === 0) return 'Nothing uses it and it needs nothing'
  // Of what uses and is used it is said, too, that there is none.
  if (!roots.every((ref) => /^(group|user|system|domain):/.test(ref)))
    for (const role of ['use', roots.every((ref) => ref.startsWith('api:')) ? 'provider' : 'need'] as const)
      if (!roles.has(role)) roles.set(role, 0)
  return `One step away: ${rolesWords(roles)}`
}

/** The other ends of the relations of the roots, on one side. */
function endsOf({ edges }: Pick<Graph, 'edges'>, roots: string[], side: Side): [Role, string][] {
  return edges.flatMap((edge): [Role, string][] => {
    const { user, needed } = needOf(edge)
    const [own, other] = side === 'users' ? [needed, user] : [user, needed]
    if (!roots.includes(own) || roots.includes(other)) return []
    const type = edge.type === 'providesApi' ? 'apiProvidedBy' : edge.type
    return [[side === 'users' ? roleOfUser(type) : roleOfNeed(type), other]]
  })
}

/** Many of one kind, drawn as one box: "184 components". */
export const bunchWords = (members: GraphNode[]): string =>
  count(members.length, kindWords(members[0]?.kind ?? '').one, kindWords(members[0]?.kind ?? '').many)

/** "3 components, 1 API". */
export function kindsWords(nodes: GraphNode[]): string {
  const sums = new Map<string, number>()
  for (const { kind } of nodes) sums.set(kind, (sums.get(kind) ?? 0) + 1)
  return [...sums].map(([kind, n]) => count(n, kindWords(kind).one, kindWords(kind).many)).join(', ')
}

/** The line of a file that names the other end of a relation; the whole file counts where the name is nowhere alone. */
export function declaredAt(source: EntitySource | null | undefined, other: string): number | undefined {
  if (!source) return undefined
  const { name } = parseRef(other)
  const word = new RegExp(`(^|[^\\w.-])${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}($|[^\\w.-])`, 'i')
  const lines = source.text.split('\n')
  const at = lines.findIndex((line) => word.test(line) && !/^\s*(#|name:|title:|description:)/.test(line))
  return at < 0 ? undefined : source.line + at
}

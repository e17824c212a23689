import { parseRef } from '../../lib/entity.ts'
import { countRoles, roleOfUser, rolesWords } from '../../lib/roles.ts'
import { count, number, spelled } from '../../lib/words.ts'

/** What removing an entity, or unregistering what it comes from, takes away. */
export interface Consequences {
  ref: string
  goes: { ref: string }[]
  /** How many go; `goes` may have fewer. */
  going: number
  loses: Losing[]
  losing: number
  /** Those that feel it further away. */
  indirect: number
  /** There is more than was looked at. */
  cut?: boolean
  returns: DeclaredAt | null
  passes?: DeclaredAt
}

export interface Losing {
  ref: string
  type: string
  target: string
  depth: number
}

export interface DeclaredAt {
  source?: string
  file: string
}

const verbs: Record<string, string> = {
  dependsOn: 'depends on',
  consumesApi: 'calls',
  providesApi: 'provides',
  partOf: 'is part of',
  ownedBy: 'is owned by',
  memberOf: 'is a member of',
  childOf: 'is under',
}

/** "depends on it", or of another that goes along, "depends on payments-db". */
export function losingWords({ type, target }: Losing, ref: string): string {
  const what = target === ref ? 'it' : parseRef(target).name
  return verbs[type] ? `${verbs[type]} ${what}` : `has ${type} to ${what}`
}

/** Who lacks something, in the words of the graph: "3 use it and 2 are APIs that it provides". */
export function lossWords({ ref, loses, losing, indirect, cut }: Consequences): string {
  if (losing === 0) return 'Nothing else lacks anything without it.'
  const direct = loses.filter((loss) => loss.depth === 1)
  // Told one by one where all of them came, and lack this one and not what goes with it.
  const whole = new Set(direct.map((loss) => loss.ref)).size === losing && direct.every((loss) => loss.target === ref)
  const how = whole ? `: ${rolesWords(countRoles(direct.map((loss) => [roleOfUser(loss.type), loss.ref])))}` : ''
  const things = `${spelled(losing)} ${losing === 1 ? 'entity lacks' : 'entities lack'} something without it${how}.`
  if (indirect === 0) return things
  const far = `${number(indirect)} more ${indirect === 1 ? 'is' : 'are'} further away`
  const all = `${number(losing + indirect)} in all`
  return cut ? `${things} At least ${far}, at least ${all}.` : `${things} ${far}, ${all}.`
}

/** What is said once it is done. */
export function goneWords(title: string, { losing, going }: Consequences): string {
  const also = going > 1 ? ` ${count(going - 1, 'entity')} went with it.` : ''
  const loss = losing > 0 ? ` ${count(losing, 'entity lacks', 'entities lack')} something now.` : ''
  return `${title} is unregistered.${also}${loss}`
}

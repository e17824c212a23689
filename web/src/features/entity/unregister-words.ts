import { parseRef } from '../../lib/entity.ts'
import { count, spelled } from '../../lib/words.ts'

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

/** Who lacks something, in a sentence. */
export function lossWords({ losing, indirect, cut }: Consequences): string {
  if (losing === 0) return 'Nothing else lacks anything without it.'
  const things = `${spelled(losing)} ${losing === 1 ? 'entity lacks' : 'entities lack'} something without it`
  const further = indirect > 0 ? `, and ${cut ? 'at least ' : ''}${count(indirect, 'more', 'more')} further away` : ''
  return `${things}${further}.`
}

/** What is said once it is done. */
export function goneWords(title: string, { losing, going }: Consequences): string {
  const also = going > 1 ? ` ${count(going - 1, 'entity')} went with it.` : ''
  const loss = losing > 0 ? ` ${count(losing, 'entity lacks', 'entities lack')} something now.` : ''
  return `${title} is unregistered.${also}${loss}`
}

interface KindWords {
  one: string
  many: string
  tab: string
}

/** Words for the kinds that everyone has; in the order in which they are offered. */
const known: Record<string, KindWords> = {
  component: { one: 'component', many: 'components', tab: 'Components' },
  api: { one: 'API', many: 'APIs', tab: 'APIs' },
  resource: { one: 'resource', many: 'resources', tab: 'Resources' },
  system: { one: 'system', many: 'systems', tab: 'Systems' },
  domain: { one: 'domain', many: 'domains', tab: 'Domains' },
  group: { one: 'team', many: 'teams', tab: 'Teams' },
  user: { one: 'person', many: 'people', tab: 'People' },
  template: { one: 'template', many: 'templates', tab: 'Templates' },
  location: { one: 'location', many: 'locations', tab: 'Locations' },
}

export const knownKinds = Object.keys(known)

/** Words for a kind. A kind of one's own keeps its spelling and gets a plain plural. */
export function kindWords(kind: string): KindWords {
  const hit = known[kind.toLowerCase()]
  if (hit) return hit
  return { one: kind, many: plural(kind), tab: capital(plural(kind)) }
}

/** Types that have a spelling of their own, by what files call them. */
const typeNames = new Map([
  ['openapi', 'OpenAPI'],
  ['asyncapi', 'AsyncAPI'],
  ['graphql', 'GraphQL'],
  ['grpc', 'gRPC'],
  ['trpc', 'tRPC'],
  ['mcp', 'MCP'],
  ['mcp-server', 'MCP'],
  ['wsdl', 'WSDL'],
  ['xsd', 'XSD'],
  ['postgresql', 'PostgreSQL'],
  ['mysql', 'MySQL'],
  ['mongodb', 'MongoDB'],
  ['kafka-topic', 'Kafka topic'],
  ['kafka-cluster', 'Kafka cluster'],
  ['kubernetes-cluster', 'Kubernetes cluster'],
  ['s3-bucket', 'S3 bucket'],
])

/** A type as people write it: `openapi` is OpenAPI. A word of one's own stays as it is; so does what a filter or a file needs. */
export function typeName(type: string): string
export function typeName(type: string | undefined): string | undefined
export function typeName(type: string | undefined): string | undefined {
  return type && (typeNames.get(type.toLowerCase()) ?? type)
}

function plural(word: string): string {
  if (/(s|x|z|ch|sh)$/i.test(word)) return word + 'es'
  return /[^aeiou]y$/i.test(word) ? word.slice(0, -1) + 'ies' : word + 's'
}

/** A sentence with a capital; one that begins with a name (`partners.example does not …`) keeps it as it is written. */
export function capital(sentence: string): string {
  const first = /^\S*/.exec(sentence)?.[0] ?? ''
  return /[./:_]\w/.test(first) ? sentence : sentence.charAt(0).toUpperCase() + sentence.slice(1)
}

/** What the server says, as a sentence: a capital and a full stop. Nothing stays nothing. */
export function asSentence(said: string | undefined): string {
  if (!said) return ''
  return capital(/[.!?]$/.test(said) ? said : `${said}.`)
}

/** "1 team", "13 teams". */
export function count(n: number, one: string, many = plural(one)): string {
  return `${number(n)} ${n === 1 ? one : many}`
}

export function number(n: number): string {
  return n.toLocaleString('en-GB')
}

const small = ['No', 'One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight', 'Nine', 'Ten', 'Eleven', 'Twelve']

/** Refs by kind in the usual order, then by ref. */
export function byKind(a: string, b: string): number {
  const rank = (ref: string) => {
    const at = knownKinds.indexOf(ref.slice(0, ref.indexOf(':')))
    return at < 0 ? knownKinds.length : at
  }
  return rank(a) - rank(b) || a.localeCompare(b)
}

/** A number that opens a sentence: "Six", from 13 on in digits. */
export function spelled(n: number): string {
  return small[n] ?? number(n)
}

/** "a", "a and b", "a, b and c". */
export function listed(items: string[]): string {
  if (items.length < 2) return items.join('')
  return `${items.slice(0, -1).join(', ')} and ${items[items.length - 1] ?? ''}`
}

interface RelationWords {
  /** Heading of the group on the page of the entity that has the relation. */
  heading: string
  /** The side of the graph on which the other end stands: what uses this, what this needs, or neither. */
  side: 'user' | 'need' | 'other'
}

const relations: Record<string, RelationWords> = {
  dependsOn: { heading: 'Depends on', side: 'need' },
  dependencyOf: { heading: 'Needed by', side: 'user' },
  consumesApi: { heading: 'Calls', side: 'need' },
  apiConsumedBy: { heading: 'Called by', side: 'user' },
  providesApi: { heading: 'Provides', side: 'other' },
  apiProvidedBy: { heading: 'Provided by', side: 'other' },
  ownedBy: { heading: 'Owned by', side: 'other' },
  ownerOf: { heading: 'Owns', side: 'other' },
  partOf: { heading: 'Part of', side: 'other' },
  hasPart: { heading: 'Has parts', side: 'other' },
  memberOf: { heading: 'Member of', side: 'other' },
  hasMember: { heading: 'Members', side: 'other' },
  childOf: { heading: 'Under', side: 'other' },
  parentOf: { heading: 'Above', side: 'other' },
}

const relationOrder = Object.keys(relations)

export function relationWords(type: string): RelationWords {
  return relations[type] ?? { heading: sentence(type), side: 'other' }
}

/** Known relation types first, in the order of `relations`; the rest by name. */
export function byRelationOrder(a: string, b: string): number {
  const rank = (t: string) => (relationOrder.includes(t) ? relationOrder.indexOf(t) : relationOrder.length)
  return rank(a) - rank(b) || a.localeCompare(b)
}

/** `runsOnCluster` → "Runs on cluster". */
export function sentence(camel: string): string {
  const words = camel.replace(/[-_.]+/g, ' ').replace(/([a-z0-9])([A-Z])/g, '$1 $2')
  return capital(words.toLowerCase())
}

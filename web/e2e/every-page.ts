import { CHANGED, changedBetween, hostedFile, REMOVED } from './prepared.ts'
import type { Portals } from './server.ts'

/** A page of the portal as somebody comes to it by its address. */
export interface EveryPage {
  name: string
  /** Or how it is found, where it depends on what happened in the portals. */
  path: string | ((portals: Portals) => string | Promise<string>)
  /** Which of the running portals; the open one when not given. */
  at?: keyof Portals
  /** Signed in as the one person whom a proxy lets in. */
  signedIn?: boolean
  /** The server refuses what the page asks for, which is what it shows. */
  refused?: boolean
}

/** The address to go to, by way of the sign-in where the page is a person's. */
export async function addressOf({ path, at = 'url', signedIn = false }: EveryPage, portals: Portals): Promise<string> {
  const to = typeof path === 'string' ? path : await path(portals)
  return signedIn ? `${portals.proxyUrl}/api/auth/proxy/start?redirectUrl=${encodeURIComponent(to)}` : portals[at] + to
}

/** Takes out of what the console said that the server refuses what the page asks for: a browser cannot be kept from it. */
export function withoutRefusals({ refused = false }: EveryPage, quiet: string[]): void {
  if (!refused) return
  const others = quiet.filter((line) => !/status of 403|NotAllowedError/.test(line))
  if (others.length === quiet.length) throw new Error('nothing was refused')
  quiet.splice(0, quiet.length, ...others)
}

/** Every page, in the states that have an address. What is true of each of them is tested over this list. */
export const everyPage: EveryPage[] = [
  { name: 'home', path: '/' },
  { name: 'catalog', path: '/catalog?kind=component&type=service' },
  { name: 'teams', path: '/catalog?kind=group' },
  { name: 'catalog by change', path: '/catalog?kind=component&cols=owner,changed' },
  { name: 'no match', path: '/catalog?kind=component&q=zzz' },
  { name: 'component', path: '/catalog/default/component/payments-api' },
  { name: 'dependencies', path: '/catalog/default/component/payments-api/dependencies' },
  { name: 'history', path: '/catalog/default/component/payments-api/history' },
  {
    name: 'two points compared',
    path: async (portals) => {
      const { from, to } = await changedBetween(portals)
      return `/catalog/default/component/${CHANGED}/history?from=${String(from)}&to=${String(to)}`
    },
  },
  {
    name: 'history of a field',
    path: `/catalog/default/component/${CHANGED}/history?field=metadata.description`,
  },
  { name: 'source', path: '/catalog/default/component/payments-api/source' },
  { name: 'api', path: '/catalog/default/api/payments.v2' },
  { name: 'location', path: '/catalog/default/location/marrowby' },
  { name: 'definition', path: '/catalog/default/api/payments.v2/api' },
  { name: 'definition as text', path: '/catalog/default/api/payments.v2/api?view=text' },
  {
    name: 'an operation to try',
    path: `/catalog/default/api/booking.v3/api?at=${encodeURIComponent('POST /bookings')}`,
  },
  { name: 'MCP server', path: '/catalog/default/api/timetable-mcp/api' },
  { name: 'APIs of a component', path: '/catalog/default/component/payments-api/api' },
  { name: 'APIs', path: '/api-docs' },
  { name: 'APIs by owner', path: '/api-docs?group=owner' },
  { name: 'team', path: '/catalog/default/group/payments' },
  { name: 'person', path: '/catalog/default/user/ines.r' },
  { name: 'domain', path: '/catalog/default/domain/commerce' },
  { name: 'resource', path: '/catalog/default/resource/payments-pg' },
  { name: 'template', path: '/catalog/default/template/golden-path-service' },
  { name: 'a kind of their own', path: '/catalog/default/container/container-001' },
  { name: 'deprecated API', path: '/catalog/default/api/fares.v3' },
  { name: 'removed', path: `/catalog/default/component/${REMOVED}` },
  { name: 'not there', path: '/catalog/default/component/nothing' },
  { name: 'register', path: '/catalog-import' },
  {
    name: 'register with a file',
    path: (portals) => `/catalog-import?target=${encodeURIComponent(hostedFile(portals))}`,
  },
  { name: 'graph of everything', path: '/catalog-graph' },
  { name: 'graph as a table', path: '/catalog-graph?view=table' },
  { name: 'a way', path: '/catalog-graph?from=component:default/booking-api&to=component:default/payments-ledger' },
  { name: 'what breaks', path: '/catalog/default/component/payments-api/dependencies?impact=users' },
  { name: 'dependencies as a table', path: '/catalog/default/component/payments-api/dependencies?view=table' },
  { name: 'map', path: '/catalog?kind=component&view=map' },
  { name: 'system', path: '/catalog/default/system/payments' },
  { name: 'sources', path: '/operate/sources' },
  { name: 'a guest', path: '/settings' },
  { name: 'appearance of a guest', path: '/settings/appearance' },
  { name: 'kept by a guest', path: '/settings/kept' },
  { name: 'tokens of services', path: '/settings/services' },
  { name: 'problems', path: '/operate/problems?tab=conflicts' },
  { name: 'problems of files', path: '/operate/problems?tab=errors' },
  { name: 'problems of names', path: '/operate/problems?tab=missing' },
  { name: 'what was removed', path: '/operate/problems?tab=removed' },
  { name: 'audit', path: '/audit' },
  { name: 'audit that one may not read', path: '/audit', at: 'readerUrl', refused: true },
  { name: 'sources of a reader', path: '/operate/sources', at: 'readerUrl', refused: true },
  { name: 'register that one may not', path: '/catalog-import', at: 'readerUrl' },
  { name: 'audit record', path: '/audit?record=1', signedIn: true },
  { name: 'no record', path: '/audit?actor=user:default/nobody&outcome=denied' },
  { name: 'home of a person', path: '/', signedIn: true },
  { name: 'a person', path: '/settings', signedIn: true },
  { name: 'sessions', path: '/settings/sessions', signedIn: true },
  { name: 'tokens', path: '/settings/tokens', signedIn: true },
  { name: 'rights', path: '/settings/rights', signedIn: true },
  { name: 'a program asks for a token', path: '/settings/login', signedIn: true },
  { name: 'sign-in', path: '/sign-in', at: 'closedUrl' },
]

import { expect, type Page } from '@playwright/test'
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
  /** What the portal fails to answer, by its address. */
  fails?: RegExp
  /** What it has not answered yet, nor will. */
  late?: RegExp
  /** Once the page stands the portal is gone, and what is shown is asked for again. */
  gone?: boolean
}

/** The address to go to, by way of the sign-in where the page is a person's. */
export async function addressOf({ path, at = 'url', signedIn = false }: EveryPage, portals: Portals): Promise<string> {
  const to = typeof path === 'string' ? path : await path(portals)
  return signedIn ? `${portals.proxyUrl}/api/auth/proxy/start?redirectUrl=${encodeURIComponent(to)}` : portals[at] + to
}

/** Goes to the page, and waits until it stands in the state that is looked at. */
export async function open(page: Page, one: EveryPage, portals: Portals): Promise<void> {
  const { fails, late, gone = false } = one
  if (fails) await page.route(fails, (route) => route.fulfill({ status: 500, json: { error: fault } }))
  if (late) await page.route(late, () => undefined)
  if (gone) {
    await page.route(/\/changes\?after=/, (route) => route.abort('internetdisconnected'))
    await page.clock.install()
  }
  await page.goto(await addressOf(one, portals))
  await settled(page, one)
  if (gone) await abandon(page)
}

/** As the portal says that it could not. */
const fault = {
  name: 'Error',
  message: 'the portal could not do this; the cause is in its log under 51B0-7E4D',
  id: '51B0-7E4D',
}

/** Nothing on the page is on its way any more, but for what is late. */
export async function settled(page: Page, { late }: EveryPage): Promise<void> {
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  await page.waitForLoadState('load')
  const busy = page.locator('[aria-busy=true]')
  if (late) await expect(busy.first()).toBeVisible()
  else await expect(busy).toHaveCount(0, { timeout: 20_000 })
}

/** The portal does not answer any more. What is older than half a minute is asked for again by whoever comes back to the page. */
async function abandon(page: Page): Promise<void> {
  await page.context().setOffline(true)
  await page.clock.fastForward(60_000)
  await page.evaluate(() => window.dispatchEvent(new Event('visibilitychange')))
  await expect(page.getByRole('alert').filter({ hasText: 'You see ' }).first()).toBeVisible()
}

/** What the browser itself says of answers that are none: it cannot be kept from it. */
function said({ refused, fails, gone }: EveryPage): RegExp | undefined {
  if (refused) return /status of 403|NotAllowedError/
  if (fails) return /status of 500|could not do this/
  return gone ? /ERR_INTERNET_DISCONNECTED/ : undefined
}

/** Takes out of what the console said that the portal does not answer, which is what the page shows. */
export function withoutFailures(one: EveryPage, quiet: string[]): void {
  const expected = said(one)
  if (!expected) return
  const others = quiet.filter((line) => !expected.test(line))
  if (others.length === quiet.length) throw new Error('everything was answered')
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
  { name: 'insights', path: '/insights/coverage' },
  { name: 'insights of a team', path: '/insights/coverage?scope=group:default/commerce&weighted=yes' },
  { name: 'a list of insights', path: '/insights/coverage?scope=nobody&measure=ownership' },
  { name: 'insights of a reader', path: '/insights/coverage', at: 'readerUrl' },
  { name: 'a guest', path: '/settings' },
  { name: 'appearance of a guest', path: '/settings/appearance' },
  { name: 'kept by a guest', path: '/settings/kept' },
  { name: 'tokens of services', path: '/settings/services' },
  { name: 'problems', path: '/operate/problems?tab=conflicts' },
  { name: 'problems of files', path: '/operate/problems?tab=errors' },
  { name: 'problems of names', path: '/operate/problems?tab=missing' },
  { name: 'what was removed', path: '/operate/problems?tab=removed' },
  { name: 'ownership', path: '/ownership' },
  { name: 'ownership of all teams', path: '/ownership?scope=all' },
  { name: 'ownership findings', path: '/ownership?tab=findings' },
  { name: 'ownership that does not load', path: '/ownership', fails: /\/ownership\/inbox/ },
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
  { name: 'home of an empty portal', path: '/', at: 'emptyUrl' },
  { name: 'catalog of an empty portal', path: '/catalog', at: 'emptyUrl' },
  { name: 'APIs of an empty portal', path: '/api-docs', at: 'emptyUrl' },
  { name: 'graph of an empty portal', path: '/catalog-graph', at: 'emptyUrl' },
  { name: 'sources of an empty portal', path: '/operate/sources', at: 'emptyUrl' },
  { name: 'insights of an empty portal', path: '/insights/coverage', at: 'emptyUrl' },
  { name: 'home where much is held', path: '/', at: 'heldUrl' },
  { name: 'sources where much is held', path: '/operate/sources', at: 'heldUrl' },
  { name: 'home that does not load', path: '/', fails: /\/api\/catalog\// },
  { name: 'home in part', path: '/', fails: /\/api\/catalog\/(sources|problems|changes)/ },
  { name: 'catalog that does not load', path: '/catalog', fails: /\/entities\/by-query/ },
  { name: 'APIs that do not load', path: '/api-docs', fails: /\/entities\/by-query/ },
  { name: 'component that does not load', path: '/catalog/default/component/payments-api', fails: /\/by-name\// },
  {
    name: 'history that does not load',
    path: '/catalog/default/component/payments-api/history',
    fails: /\/api\/.*\/history/,
  },
  { name: 'graph that does not load', path: '/catalog-graph', fails: /\/api\/catalog\/graph/ },
  { name: 'insights that do not load', path: '/insights/coverage', fails: /\/api\/portico\/coverage/ },
  { name: 'home of a portal that is gone', path: '/', gone: true },
  { name: 'catalog of a portal that is gone', path: '/catalog', gone: true },
  { name: 'component of a portal that is gone', path: '/catalog/default/component/payments-api', gone: true },
  { name: 'home on its way', path: '/', late: /\/api\/catalog\/(sources|problems|changes)/ },
  { name: 'catalog on its way', path: '/catalog', late: /\/entities\/by-query/ },
  {
    name: 'history on its way',
    path: '/catalog/default/component/payments-api/history',
    late: /\/api\/.*\/history/,
  },
  { name: 'insights on their way', path: '/insights/coverage', late: /\/api\/portico\/coverage\/teams/ },
  { name: 'graph on its way', path: '/catalog-graph', late: /\/api\/catalog\/graph/ },
]

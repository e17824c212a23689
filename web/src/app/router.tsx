import type { QueryClient } from '@tanstack/react-query'
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router'
import { parseApisSearch } from '../features/api/apis-search.ts'
import { parseApiTabSearch } from '../features/api/api-search.ts'
import { parseAuditSearch } from '../features/audit/audit-search.ts'
import { parseCatalogSearch } from '../features/catalog/catalog-search.ts'
import { parseHistorySearch } from '../features/entity/history-search.ts'
import { parseOverviewSearch } from '../features/entity/overview-search.ts'
import { parseSourceSearch } from '../features/entity/source-search.ts'
import { parseGraphPageSearch, parseGraphSearch } from '../features/graph/graph-search.ts'
import { parseInsightsSearch } from '../features/insights/insights-search.ts'
import { parseProblemsSearch } from '../features/operate/problems-search.ts'
import { parseRegisterSearch } from '../features/register/register-search.ts'
import { parseLoginSearch, parseTokensSearch } from '../features/you/you-search.ts'
import { formatRef } from '../lib/entity.ts'
import { page } from '../lib/paths.ts'
import { one, parseSearch, stringifySearch } from '../lib/search-params.ts'
import { sessionQuery } from '../lib/session.ts'
import { PATIENCE, soon } from '../lib/soon.ts'
import { PageBones } from '../ui/bones.tsx'
import { RouteError } from './route-error.tsx'
import { Shell } from './shell.tsx'

const NotFoundPage = lazyRouteComponent(() => import('./not-found-page.tsx'), 'NotFoundPage')

interface Context {
  client: QueryClient
}

const root = createRootRouteWithContext<Context>()({
  component: Outlet,
  notFoundComponent: NotFoundPage,
  errorComponent: RouteError,
})

const shell = createRoute({
  getParentRoute: () => root,
  id: 'shell',
  component: Shell,
  beforeLoad: async ({ context, location }) => {
    const session = await context.client.ensureQueryData(sessionQuery)
    if (!session.signedIn) throw redirect({ to: page.signIn, search: { to: location.href } })
  },
  notFoundComponent: NotFoundPage,
})

const signIn = createRoute({
  getParentRoute: () => root,
  path: page.signIn,
  validateSearch: (search: Record<string, unknown>) => ({
    to: one(search['to']),
    error: one(search['error']),
    id: one(search['id']),
  }),
  beforeLoad: async ({ context, search }) => {
    const session = await context.client.ensureQueryData(sessionQuery)
    // A guest goes on from there, or learns what opens a way in.
    if (session.signedIn && !session.guest) throw redirect({ to: localPath(search.to) })
  },
  component: lazyRouteComponent(() => import('../features/session/sign-in-page.tsx'), 'SignInPage'),
})

/** Where to go after sign-in: a path of this portal, never another host. */
function localPath(to: string | undefined): string {
  return to && /^\/(?![/\\])/.test(to) ? to : page.home
}

// What a page cannot begin without is asked for while its code is on the way. A page that waits for it itself shows bones
// first, and React then holds what follows them back until they stood for 300 ms.
const before =
  (ask: (client: QueryClient, search: Record<string, unknown>) => Promise<unknown>) =>
  async ({ context: { client }, location }: { context: Context; location: { search: object } }) => {
    await soon([ask(client, { ...location.search })])
  }
const entityLoads = () => import('../features/entity/load.ts')
const youAsks = () => import('../features/you/api.ts')
const operateAsks = () => import('../features/operate/load.ts')

const home = createRoute({
  getParentRoute: () => shell,
  path: '/',
  loader: async ({ context }) => {
    await (await import('../features/home/load.ts')).loadHome(context.client)
  },
  component: lazyRouteComponent(() => import('../features/home/home-page.tsx'), 'HomePage'),
})

const catalog = createRoute({
  getParentRoute: () => shell,
  path: page.catalog,
  validateSearch: parseCatalogSearch,
  loader: async ({ context, location, cause }) => {
    // Who stays has the page, which asks for what it lacks.
    if (cause === 'stay') return
    await (await import('../features/catalog/load.ts')).loadCatalog(context.client, location.search)
  },
  component: lazyRouteComponent(() => import('../features/catalog/catalog-page.tsx'), 'CatalogPage'),
})

const register = createRoute({
  getParentRoute: () => shell,
  path: page.register,
  validateSearch: parseRegisterSearch,
  component: lazyRouteComponent(() => import('../features/register/register-page.tsx'), 'RegisterPage'),
})

const entity = createRoute({
  getParentRoute: () => shell,
  path: '/catalog/$namespace/$kind/$name',
  loader: async ({ context, params }) => {
    await (await entityLoads()).loadEntity(context.client, formatRef(params))
  },
  component: lazyRouteComponent(() => import('../features/entity/entity-page.tsx'), 'EntityPage'),
})

const overview = createRoute({
  getParentRoute: () => entity,
  path: '/',
  validateSearch: parseOverviewSearch,
  loader: async ({ context, params }) => {
    await (await entityLoads()).loadOverview(context.client, formatRef(params))
  },
  component: lazyRouteComponent(() => import('../features/entity/overview-tab.tsx'), 'OverviewTab'),
})

const definition = createRoute({
  getParentRoute: () => entity,
  path: 'api',
  validateSearch: parseApiTabSearch,
  component: lazyRouteComponent(() => import('../features/api/api-tab.tsx'), 'ApiTab'),
})

// Backstage's name of the tab.
const theirDefinition = createRoute({
  getParentRoute: () => entity,
  path: 'definition',
  beforeLoad: ({ params }) => {
    throw redirect({ to: page.entity(formatRef(params), 'api'), replace: true })
  },
})

const dependencies = createRoute({
  getParentRoute: () => entity,
  path: 'dependencies',
  validateSearch: parseGraphSearch,
  loader: async ({ context, params, location }) => {
    const search = parseGraphSearch({ ...location.search })
    await (await entityLoads()).loadDependencies(context.client, formatRef(params), search)
  },
  component: lazyRouteComponent(() => import('../features/entity/dependencies-tab.tsx'), 'DependenciesTab'),
})

const history = createRoute({
  getParentRoute: () => entity,
  path: 'history',
  validateSearch: parseHistorySearch,
  loader: async ({ context, params }) => {
    await (await entityLoads()).loadHistory(context.client, formatRef(params))
  },
  component: lazyRouteComponent(() => import('../features/entity/history-tab.tsx'), 'HistoryTab'),
})

const source = createRoute({
  getParentRoute: () => entity,
  path: 'source',
  validateSearch: parseSourceSearch,
  loader: async ({ context, params }) => {
    await (await entityLoads()).loadSource(context.client, formatRef(params))
  },
  component: lazyRouteComponent(() => import('../features/entity/source-tab.tsx'), 'SourceTab'),
})

// A link to a tab of Backstage that we do not have lands on the entity, not in the void.
const otherTab = createRoute({
  getParentRoute: () => entity,
  path: '$',
  beforeLoad: ({ params }) => {
    throw redirect({ to: page.entity(formatRef(params)), replace: true })
  },
})

const graph = createRoute({
  getParentRoute: () => shell,
  path: page.graph,
  validateSearch: parseGraphPageSearch,
  loader: before(async (client, search) =>
    (await import('../features/graph/load.ts')).loadGraphPage(client, parseGraphPageSearch(search)),
  ),
  component: lazyRouteComponent(() => import('../features/graph/graph-page.tsx'), 'GraphPage'),
})

const sources = createRoute({
  getParentRoute: () => shell,
  path: page.sources,
  validateSearch: parseProblemsSearch,
  loader: before(async (client) => (await operateAsks()).loadSources(client)),
  component: lazyRouteComponent(() => import('../features/operate/sources-page.tsx'), 'SourcesPage'),
})

const problems = createRoute({
  getParentRoute: () => shell,
  path: page.problems,
  validateSearch: parseProblemsSearch,
  loader: before(async (client) => (await operateAsks()).loadProblems(client)),
  component: lazyRouteComponent(() => import('../features/operate/problems-page.tsx'), 'ProblemsPage'),
})

const audit = createRoute({
  getParentRoute: () => shell,
  path: page.audit,
  validateSearch: parseAuditSearch,
  loader: before(async (client, search) =>
    (await import('../features/audit/load.ts')).loadAudit(client, parseAuditSearch(search)),
  ),
  component: lazyRouteComponent(() => import('../features/audit/audit-page.tsx'), 'AuditPage'),
})

const ownershipPage = () => import('../features/ownership/ownership-page.tsx')
const ownership = createRoute({
  getParentRoute: () => shell,
  path: page.ownership,
  loader: before(async (client, search) => (await ownershipPage()).loadOwnership(client, search)),
  component: lazyRouteComponent(ownershipPage, 'OwnershipPage'),
})

const operate = createRoute({
  getParentRoute: () => shell,
  path: '/operate',
  beforeLoad: () => {
    throw redirect({ to: page.sources, replace: true })
  },
})

const insights = createRoute({
  getParentRoute: () => shell,
  path: page.insights,
  validateSearch: parseInsightsSearch,
  loader: before(async (client, search) =>
    (await import('../features/insights/load.ts')).loadInsights(client, parseInsightsSearch(search)),
  ),
  component: lazyRouteComponent(() => import('../features/insights/insights-page.tsx'), 'InsightsPage'),
})

const allInsights = createRoute({
  getParentRoute: () => shell,
  path: '/insights',
  beforeLoad: () => {
    throw redirect({ to: page.insights, replace: true })
  },
})

const apis = createRoute({
  getParentRoute: () => shell,
  path: page.apis,
  validateSearch: parseApisSearch,
  loader: before(async (client, search) =>
    (await import('../features/api/load.ts')).loadApis(client, parseApisSearch(search)),
  ),
  component: lazyRouteComponent(() => import('../features/api/apis-page.tsx'), 'ApisPage'),
})

const you = createRoute({
  getParentRoute: () => shell,
  path: page.you,
  loader: before(async (client) => client.ensureQueryData((await youAsks()).profileQuery)),
  component: lazyRouteComponent(() => import('../features/you/profile-page.tsx'), 'ProfilePage'),
})

const appearance = createRoute({
  getParentRoute: () => shell,
  path: page.appearance,
  component: lazyRouteComponent(() => import('../features/you/appearance-page.tsx'), 'AppearancePage'),
})

const kept = createRoute({
  getParentRoute: () => shell,
  path: page.kept,
  component: lazyRouteComponent(() => import('../features/you/kept-page.tsx'), 'KeptPage'),
})

const sessions = createRoute({
  getParentRoute: () => shell,
  path: page.sessions,
  loader: before(async (client) => client.ensureQueryData((await youAsks()).sessionsQuery)),
  component: lazyRouteComponent(() => import('../features/you/sessions-page.tsx'), 'SessionsPage'),
})

const tokens = createRoute({
  getParentRoute: () => shell,
  path: page.tokens,
  validateSearch: parseTokensSearch,
  loader: before(async (client) => client.ensureQueryData((await youAsks()).tokensQuery)),
  component: lazyRouteComponent(() => import('../features/you/tokens-page.tsx'), 'TokensPage'),
})

const services = createRoute({
  getParentRoute: () => shell,
  path: page.services,
  validateSearch: parseTokensSearch,
  loader: before(async (client) => client.ensureQueryData((await youAsks()).servicesQuery)),
  component: lazyRouteComponent(() => import('../features/you/services-page.tsx'), 'ServicesPage'),
})

const rights = createRoute({
  getParentRoute: () => shell,
  path: page.rights,
  loader: before(async (client) => (await import('../features/you/rights-load.ts')).loadRights(client)),
  component: lazyRouteComponent(() => import('../features/you/rights-page.tsx'), 'RightsPage'),
})

const login = createRoute({
  getParentRoute: () => shell,
  path: page.login,
  validateSearch: parseLoginSearch,
  loader: before(async (client) => {
    const { principal } = await client.ensureQueryData(sessionQuery)
    if (principal?.type === 'user') await client.ensureQueryData((await youAsks()).tokensQuery)
  }),
  component: lazyRouteComponent(() => import('../features/you/login-page.tsx'), 'LoginPage'),
})

const tree = root.addChildren([
  signIn,
  shell.addChildren([
    home,
    catalog,
    register,
    entity.addChildren([overview, definition, theirDefinition, dependencies, history, source, otherTab]),
    graph,
    sources,
    problems,
    audit,
    ownership,
    operate,
    insights,
    allInsights,
    apis,
    you,
    appearance,
    kept,
    sessions,
    tokens,
    services,
    rights,
    login,
  ]),
])

export function newRouter(client: QueryClient) {
  return createRouter({
    routeTree: tree,
    context: { client },
    parseSearch,
    stringifySearch,
    defaultPreload: 'intent',
    defaultPreloadStaleTime: 0,
    // Longer than a loader waits: bones that come before the page hold it back.
    defaultPendingMs: PATIENCE + 150,
    defaultPendingMinMs: 0,
    defaultPendingComponent: PageBones,
    defaultErrorComponent: RouteError,
    defaultNotFoundComponent: NotFoundPage,
    scrollRestoration: true,
  })
}

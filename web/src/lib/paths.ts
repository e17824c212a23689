import { parseRef } from './entity.ts'

const seg = encodeURIComponent

/** Every path of the REST API that the pages use. */
export const api = {
  session: '/api/portico/session',
  endSession: '/api/portico/session/end',
  me: '/api/portico/me',
  mySessions: '/api/portico/me/sessions',
  mySession: (id: number) => `/api/portico/me/sessions/${String(id)}`,
  endOthers: '/api/portico/me/sessions/end-others',
  myTokens: '/api/portico/me/tokens',
  myToken: (id: number) => `/api/portico/me/tokens/${String(id)}`,
  mySettings: '/api/portico/me/settings',
  setting: (bucket: string, key: string) => `/api/user-settings/buckets/${seg(bucket)}/keys/${seg(key)}`,
  starCount: (ref: string) => `${byName(ref)}/stars`,
  allowLogin: '/api/portico/me/login',
  serviceTokens: '/api/portico/tokens',
  serviceToken: (id: number) => `/api/portico/tokens/${String(id)}`,
  rotateToken: (id: number) => `/api/portico/tokens/${String(id)}/rotate`,
  changes: '/api/catalog/changes',
  find: '/api/catalog/find',
  owned: '/api/catalog/owned',
  ownedChanges: '/api/catalog/owned/changes',
  query: '/api/catalog/entities/by-query',
  facets: '/api/catalog/entity-facets',
  byRefs: '/api/catalog/entities/by-refs',
  export: '/api/catalog/entities/export',
  graph: '/api/catalog/graph',
  graphPath: '/api/catalog/graph/path',
  refresh: '/api/catalog/refresh',
  locations: '/api/catalog/locations',
  analyze: '/api/catalog/analyze-location',
  location: (id: string) => `/api/catalog/locations/${seg(id)}`,
  sources: '/api/catalog/sources',
  providers: '/api/portico/providers',
  repositories: (provider: string) => `/api/portico/providers/${seg(provider)}/repositories`,
  coverage: '/api/portico/coverage',
  coverageTeams: '/api/portico/coverage/teams',
  coverageTrend: '/api/portico/coverage/trend',
  coverageGaps: '/api/portico/coverage/gaps',
  audit: '/api/portico/audit',
  auditExport: '/api/portico/audit/export',
  auditStatus: '/api/portico/audit/status',
  problems: '/api/catalog/problems',
  explain: '/api/portico/policy/explain',
  history: (ref: string) => `${byName(ref)}/history`,
  compare: (ref: string) => `${byName(ref)}/history/compare`,
  consequences: (ref: string) => `${byName(ref)}/consequences`,
  source: (ref: string) => `${byName(ref)}/source`,
  provenance: (ref: string) => `${byName(ref)}/provenance`,
  overlay: (ref: string) => `${byName(ref)}/overlay`,
  proposal: (ref: string) => byName(ref).replace('catalog/entities/by-name', 'portico/entities') + '/proposal',
  refreshSource: (id: string) => `/api/catalog/sources/${seg(id)}/refresh`,
  decideHeld: (id: string) => `/api/catalog/sources/${seg(id)}/held`,
  restore: (uid: string) => `/api/catalog/entities/by-uid/${seg(uid)}/restore`,
  removed: '/api/catalog/removed',
  restoreRemoval: '/api/catalog/removed/restore',
  restoreMissing: '/api/catalog/missing/restore',
  remove: (uid: string) => `/api/catalog/entities/by-uid/${seg(uid)}/remove`,
}

function byName(ref: string): string {
  const { kind, namespace, name } = parseRef(ref)
  return `/api/catalog/entities/by-name/${seg(kind)}/${seg(namespace)}/${seg(name)}`
}

export const entityTabs = ['overview', 'api', 'dependencies', 'history', 'source'] as const
export type EntityTab = (typeof entityTabs)[number]

/** Every path of a page. */
export const page = {
  home: '/',
  catalog: '/catalog',
  graph: '/catalog-graph',
  register: '/catalog-import',
  sources: '/operate/sources',
  problems: '/operate/problems',
  audit: '/audit',
  insights: '/insights/coverage',
  ownership: '/ownership',
  signIn: '/sign-in',
  apis: '/api-docs',
  you: '/settings',
  appearance: '/settings/appearance',
  kept: '/settings/kept',
  sessions: '/settings/sessions',
  tokens: '/settings/tokens',
  services: '/settings/services',
  rights: '/settings/rights',
  login: '/settings/login',
  entity: (ref: string, tab: EntityTab = 'overview') => {
    const { kind, namespace, name } = parseRef(ref)
    const base = `/catalog/${seg(namespace)}/${seg(kind)}/${seg(name)}`
    return tab === 'overview' ? base : `${base}/${tab}`
  },
}

/** The pages that are ways into the catalog without standing below its address; Backstage gave them theirs. */
export function besideCatalog(pathname: string): boolean {
  return [page.graph, page.register, page.apis].includes(pathname.replace(/\/$/, ''))
}

/** Shapes of Portico's own REST answers; Backstage's are in entity.ts. Times are RFC 3339. */

export interface Session {
  signedIn: boolean
  principal?: { type: string; ref: string; displayName: string }
  guest?: boolean
  trial?: boolean
  sampleData?: boolean
  permissions?: string[]
  portal: { title: string; organization?: string }
  version: string
  revision?: number
  signIn?: { providers: SignInProvider[] }
  /** Servers to which the page of an API may send requests. */
  tryIt?: TryItServer[]
  /** Folders of the portal's machine below which the person may register paths. */
  registerPaths?: string[]
}

/** `apis`: for the pages of these alone. */
export interface TryItServer {
  origin: string
  apis?: string[]
}

export interface SignInProvider {
  id: string
  title: string
  url: string
}

export type ChangeOp = 'created' | 'updated' | 'missing' | 'returned' | 'removed' | 'restored'

/** `from` and `to` are any JSON; a long one is a CutValue. */
export interface FieldChange {
  path: string
  from?: unknown
  to?: unknown
}

/** A value of more than 4 KB: how long it is as JSON, and how it begins. */
export interface CutValue {
  truncated: true
  bytes: number
  start: string
}

export interface Change {
  revision: number
  ref: string
  uid: string
  op: ChangeOp
  diff?: FieldChange[] | null
  source?: string
  actor?: string
  at: string
}

/** A change as the stream tells it: which fields, not what stood in them. */
export type ChangeNews = Omit<Change, 'diff'> & { paths?: string[] | null }

export interface ChangePage {
  items: Change[]
  revision: number
}

export interface HistoryPage {
  items: Change[]
  next: number | null
  /** Where it was asked for. */
  summary?: HistorySummary
}

/** What the changes of an entity are about. `since`: there are more, and those from this revision on were counted. */
export interface HistorySummary {
  changes: number
  oldest: string | null
  fields: { path: string; count: number }[]
  actors: { actor: string; count: number }[]
  since?: number
}

/** An entity at a revision. `at`: when the change was made that made it so; absent where the log does not reach back to it. */
export interface ComparedPoint {
  revision: number
  there: boolean
  change?: number
  op?: ChangeOp
  source?: string
  actor?: string
  at?: string
}

/** What differs between two points, and what happened in between. */
export interface Comparison {
  ref: string
  from: ComparedPoint
  to: ComparedPoint
  changes: number
  between: { revision: number; op: ChangeOp; actor: string; at: string }[]
  diff: FieldChange[]
  since?: number
}

export type SourceState = 'current' | 'reading' | 'degraded' | 'failed' | 'held'

/** What a reading would make disappear. `refs` are the first 200; `digest` stands for all of them. */
export interface Held {
  missing: number
  of: number
  refs: string[]
  digest: string
}

export interface Source {
  id: string
  kind: string
  type: string
  target: string
  title: string
  /** The Location entity that stands for it. */
  entityRef?: string
  origin: 'config' | 'registered' | 'trial' | 'sign-in'
  state: SourceState
  message: string
  lastAttemptAt: string | null
  lastSuccessAt: string | null
  nextAt: string | null
  watching: boolean
  units: number
  entities: number
  problems: number
  missing: number
  held: Held | null
}

export interface Problem {
  id: string
  sourceId: string
  location: string
  ref: string | null
  file: string
  line: number
  column: number
  path: string
  level: 'error' | 'warning'
  message: string
  remedy?: string
  excerpt?: { line: number; lines: string[] } | null
  since: string
}

export interface Claim {
  location: string
  line: number
  since: string
}

export interface Conflict {
  ref: string
  kept: Claim
  refused: Claim
}

export interface Missing {
  ref: string
  uid: string
  location: string
  reason: string
  since: string
  removeAt: string
}

export interface Removed {
  ref: string
  uid: string
  location: string
  removedAt: string
  restorableUntil: string
  actor: string
}

export interface RemovedPage {
  items: Removed[]
  nextCursor?: string | null
}

/** Lists are cut at some hundreds; `totals` count everything. */
export interface Problems {
  errors: Problem[]
  conflicts: Conflict[]
  missing: Missing[]
  removed: Removed[]
  totals: ProblemTotals
}

export interface ProblemTotals {
  errors: number
  conflicts: number
  missing: number
  removed: number
}

export interface EntitySource {
  location: string
  file: string
  line: number
  endLine: number
  text: string
  readAt: string
  revision: string
  problems?: Problem[] | null
  viewUrl?: string
  editUrl?: string
}

/** What the catalog knows of who is signed in. */
export interface Profile {
  ref: string
  displayName: string
  email: string
  inCatalog: boolean
  teams: string[]
  owns: { kind: string; count: number }[]
}

/** A browser that signed in. */
export interface SignedIn {
  id: number
  device: string
  address: string
  createdAt: string
  seenAt: string
  expiresAt: string
  this: boolean
}

/** A token without its secret. `previousUntil`: until then the secret before the present one is taken, too. */
export interface Token {
  id: number
  name: string
  scopes: string[]
  createdAt: string
  createdBy: string
  expiresAt: string
  usedAt: string | null
  previousUntil: string | null
  previousUsedAt: string | null
  revokedAt: string | null
}

export interface Scope {
  name: string
  title: string
  permissions: string[]
}

/** A scope that whoever looks may not give to a service: the first permission that stands against it, and why. */
export interface Withheld extends Scope {
  permission: string
  why: string
}

export interface TokenList {
  items: Token[]
  /** Those that whoever looks may give. */
  scopes: Scope[]
  /** Those that they may not; only of services. */
  withheld?: Withheld[]
  defaultDays: number
  maxDays: number
}

/** The one answer that has a token's secret, in `token`. */
export interface NewToken extends Token {
  token: string
}

/** Why somebody may, or may not, use a permission: on an entity, or, without one, at all. */
export interface Explanation {
  principal: string
  permission: string
  entity?: string
  allowed: boolean
  why: string
  policies: Deciding[]
  roles: string[]
  groups: string[]
  /** Roles with which it would be allowed. */
  wouldAllow?: string[]
}

/** A policy that decided. `id` is `at` where the policy has no name. */
export interface Deciding {
  id: string
  effect: 'permit' | 'forbid'
  at: string
  words?: string
}

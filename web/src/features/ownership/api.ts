import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { request, withQuery } from '../../lib/api.ts'
import { keys } from '../../lib/keys.ts'
import { ownershipApi } from '../../lib/ownership-paths.ts'
import type { FindingKind, OwnershipSearch } from './ownership-search.ts'

export interface Evidence {
  field: string
  value?: string
  file?: string
  line?: number
  says: string
  sure: string
}

export interface Answer {
  by: string
  at: string
  until: string
}

export type OwnerState = 'verified' | 'declared' | 'inferred' | 'none'

export interface Standing {
  owner?: string
  state: OwnerState
  resolves: boolean
  fault?: FindingKind
  says?: string
  todo?: string
  answer?: Answer
}

export interface Claim {
  id: number
  ref: string
  owner: string
  /** Whose inbox it is in. */
  asked: string
  reason: 'proposed' | 'passed' | 'claimed' | 'verify'
  state: 'open' | 'confirmed' | 'passed' | 'rejected' | 'withdrawn'
  evidence: Evidence[]
  proposedBy: string
  proposedAt: string
  note?: string
}

/** With what helps to answer it. */
export interface Question extends Claim {
  current: Standing
  /** The page of the folder that files of the evidence are below. */
  source?: string
  mayDecide: boolean
}

export interface Inbox {
  total: number
  least: boolean
  teams: { ref: string; open: number; verify: number }[]
  items: Question[]
  next?: string
}

const PAGE = 50

export function inboxQuery({ scope, owner }: Pick<OwnershipSearch, 'scope' | 'owner'>) {
  return infiniteQueryOptions({
    queryKey: [...keys.ownership, 'inbox', scope, owner],
    queryFn: ({ signal, pageParam }) =>
      request<Inbox>(withQuery(ownershipApi.inbox, { scope, owner, limit: PAGE, after: pageParam }), { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next,
  })
}

const FEW = 3

/** The first questions for whoever looks at their Home. */
export const fewQuestionsQuery = queryOptions({
  queryKey: [...keys.ownership, 'few'],
  queryFn: ({ signal }) => request<Inbox>(withQuery(ownershipApi.inbox, { limit: FEW }), { signal }),
})

export interface EntityOwnership extends Standing {
  ref: string
  claims: Question[]
  claimFor: string[]
  claimForAny: boolean
}

/** Asked anew when the entity names another owner. */
export function ownershipQuery(ref: string, owner: string | undefined) {
  return queryOptions({
    queryKey: [...keys.standings, ref, owner],
    queryFn: ({ signal }) => request<EntityOwnership>(ownershipApi.of(ref), { signal }),
  })
}

export interface Finding {
  kind: FindingKind
  ref: string
  owner?: string
  state: OwnerState
  says: string
  todo: string
}

export interface Findings {
  counts: Record<FindingKind, number>
  total: number
  items: Finding[]
  next?: number
}

export function findingsQuery({ kind, owner, system }: OwnershipSearch) {
  return infiniteQueryOptions({
    queryKey: [...keys.ownership, 'findings', kind, owner, system],
    queryFn: ({ signal, pageParam }) =>
      request<Findings>(withQuery(ownershipApi.findings, { kind, owner, system, limit: PAGE, offset: pageParam }), {
        signal,
      }),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: (last) => last.next,
  })
}

export interface Decision {
  decision: 'confirm' | 'pass' | 'reject'
  to?: string
  note?: string
}

export interface Result {
  id?: number
  ref?: string
  claim?: Claim
  stillDeclared?: string
  error?: { name: string; message: string; remedy?: string }
}

export interface Results {
  done: number
  failed: number
  results: Result[]
}

/** So many are sent at once: between them there is something to show of how far it is. */
const AT_ONCE = 25

async function inParts<T>(all: T[], tell: (done: number) => void, send: (part: T[]) => Promise<Results>) {
  const sum: Results = { done: 0, failed: 0, results: [] }
  for (let at = 0; at < all.length; at += AT_ONCE) {
    const part = await send(all.slice(at, at + AT_ONCE))
    sum.done += part.done
    sum.failed += part.failed
    sum.results.push(...part.results)
    tell(Math.min(at + AT_ONCE, all.length))
  }
  return sum
}

function useChange<T>(send: (input: T) => Promise<Results>) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: send,
    onSettled: () =>
      Promise.all(
        [keys.lists, keys.facets, keys.entities, keys.standings, keys.summaries, keys.changes].map((queryKey) =>
          client.invalidateQueries({ queryKey }),
        ),
      ),
  })
}

const quietly = () => undefined

export const useDecide = (tell: (done: number) => void = quietly) =>
  useChange(({ claims, ...decision }: Decision & { claims: number[] }) =>
    inParts(claims, tell, (part) =>
      request<Results>(ownershipApi.decisions, { method: 'POST', body: { ...decision, claims: part } }),
    ),
  )

export const useClaim = (tell: (done: number) => void = quietly) =>
  useChange(({ refs, owner }: { refs: string[]; owner: string }) =>
    inParts(refs, tell, (part) =>
      request<Results>(ownershipApi.claims, { method: 'POST', body: { refs: part, owner } }),
    ),
  )

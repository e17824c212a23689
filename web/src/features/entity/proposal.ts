import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { request } from '../../lib/api.ts'
import { keys } from '../../lib/keys.ts'
import { api } from '../../lib/paths.ts'
import type { LayerName, Proposal } from './provenance.ts'

/** What would be sent to the repository of an entity. */
export interface Preview {
  ref: string
  /** Absent where no provider reads the repository. */
  repository?: string
  base?: string
  path: string
  isNew: boolean
  adds: boolean
  before: string
  after: string
  fields: { path: string; layer: LayerName }[]
  also?: string[]
  /** Why it cannot be sent, and what to do. */
  why?: string
  open?: Proposal
}

export function previewQuery(ref: string, apis: boolean) {
  return queryOptions({
    queryKey: [...keys.source(ref), 'proposal', apis],
    queryFn: ({ signal }) => request<Preview>(`${api.proposal(ref)}${apis ? '' : '?apis=false'}`, { signal }),
    staleTime: 0,
    gcTime: 0,
    retry: false,
  })
}

/** Opens the pull request, or brings the one that is open up to date. */
export function useOpenProposal(ref: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: { note: string; apis: boolean }) =>
      request<Proposal & { existing: boolean }>(api.proposal(ref), { method: 'POST', body }),
    onSuccess: () => client.invalidateQueries({ queryKey: [...keys.source(ref), 'provenance'] }),
  })
}

/** "Writes 2 fields into deploy/catalog-info.yaml." — without the place, which stands beside it. */
export function whatItDoes(p: Preview): string {
  if (p.isNew) return 'A new file'
  if (p.adds) return 'A document is added to'
  return p.fields.length === 1 ? 'One field is set in' : `${String(p.fields.length)} fields are set in`
}

const AROUND = 20

/** Both texts without the lines at their beginnings and ends that are the same, but for a few: files may be long. */
export function around(before: string, after: string): [string, string] {
  const [a, b] = [before.split('\n'), after.split('\n')]
  let head = 0
  while (head < Math.min(a.length, b.length) && a[head] === b[head]) head++
  let tail = 0
  while (tail < Math.min(a.length, b.length) - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++
  const cut = (lines: string[]) =>
    lines.slice(Math.max(0, head - AROUND), lines.length - Math.max(0, tail - AROUND)).join('\n')
  return [cut(a), cut(b)]
}

import { queryOptions } from '@tanstack/react-query'
import { request } from './api.ts'
import { keys } from './keys.ts'
import { api } from './paths.ts'
import type { Problems, Source } from './portico.ts'
import { spelled } from './words.ts'

/** A source can fail without any entity changing, so the feed alone does not tell: asked again while a page shows it. */
const POLL = 10_000

export const sourcesQuery = queryOptions({
  queryKey: keys.sources,
  queryFn: async ({ signal }) => (await request<{ items: Source[] }>(api.sources, { signal })).items,
  refetchInterval: POLL,
  staleTime: POLL,
})

export const problemsQuery = queryOptions({
  queryKey: keys.problems,
  queryFn: async ({ client, signal }) => {
    const problems = await request<Problems>(api.problems, { signal })
    client.setQueryData(keys.openProblems, openProblems(problems))
    return problems
  },
  refetchInterval: POLL,
  staleTime: POLL,
})

/** How old the number beside Sources may be. It has a key of its own, so that the change feed does not ask for it. */
const BADGE = 30_000

/** The number of open problems, for pages that do not show them. A page that does keeps it fresh. */
export const openProblemsQuery = queryOptions({
  queryKey: keys.openProblems,
  queryFn: async ({ signal }) => openProblems(await request<Problems>(`${api.problems}?limit=0`, { signal })),
  refetchInterval: BADGE,
  staleTime: BADGE,
})

/** What somebody must look at. Removed entities are past: they are offered for return, not counted. */
export function openProblems({ totals }: Pick<Problems, 'totals'>): number {
  return totals.errors + totals.conflicts + totals.missing
}

/** "One thing needs a look.", "Two more things need a look." */
export function lookWords(n: number, more = false): string {
  return `${spelled(n)} ${more ? 'more ' : ''}${n === 1 ? 'thing needs' : 'things need'} a look.`
}

/** How many of them the lists leave out. */
export function unlisted(problems: Problems): number {
  return openProblems(problems) - problems.errors.length - problems.conflicts.length - problems.missing.length
}

/** What stands in the catalog while a source does not read. */
export function keptWords(source: Pick<Source, 'lastSuccessAt'>): string {
  return source.lastSuccessAt ? 'What it said last is kept.' : 'Nothing of it is in the catalog yet.'
}

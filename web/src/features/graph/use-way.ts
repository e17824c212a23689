import { useQuery } from '@tanstack/react-query'
import { pathQuery } from './api.ts'
import type { GraphPageSearch } from './graph-search.ts'
import type { PathAnswer } from './model.ts'
import { everything, rungs, withoutOf, type Rung } from './way.ts'

export interface Way {
  answer: PathAnswer | undefined
  /** How far the search went; absent where the relations were chosen by hand. */
  rung?: Rung
  /** A shorter way, over where things belong. */
  shorter?: PathAnswer
  error: Error | null
  again: () => void
}

/**
 * The way between two. Where nobody chose relations, use comes first: two things that are used by each other say more than
 * that one team owns both, which connects nearly everything in two steps.
 */
export function useWay(from: string, to: string, { rel, way, not }: GraphPageSearch, there: boolean): Way {
  const ask = askOf(from, to, { way, not })
  const chosen = useQuery({
    ...pathQuery({ ...ask, ...chosenOf(rel) }),
    enabled: there && rel !== undefined,
  })
  const by = (rung: Rung, enabled: boolean) => ({
    ...pathQuery({ ...ask, without: withoutOf[rung] }),
    enabled: there && rel === undefined && enabled,
  })
  const use = useQuery(by('use', true))
  const parts = useQuery(by('parts', use.data?.found === false))
  const near = use.data?.found ? use.data : parts.data?.found ? parts.data : undefined
  const any = useQuery(by('any', near ? near.nodes.length > LEAST : parts.data?.found === false))
  if (rel !== undefined) return { answer: chosen.data, error: chosen.error, again: () => void chosen.refetch() }
  const tries = [use, parts, any]
  const at = near ? (near === use.data ? 0 : 1) : 2
  const failed = tries.find((one, i) => i <= at && one.error)
  const shorter = near && any.data?.found && any.data.nodes.length < near.nodes.length ? any.data : undefined
  return {
    answer: near ?? any.data,
    rung: rungs[at] ?? 'any',
    ...(shorter ? { shorter } : {}),
    error: failed?.error ?? null,
    again: () => void failed?.refetch(),
  }
}

const askOf = (from: string, to: string, { way, not }: GraphPageSearch) => ({
  from,
  to,
  along: way === 'along',
  avoid: not ?? [],
})

const chosenOf = (rel: string[] | undefined) => ({ relations: everything(rel) ? [] : (rel ?? []) })

/** What is asked first, so that it can be asked before the page is there. */
export function firstAsk(from: string, to: string, search: GraphPageSearch) {
  const how = search.rel === undefined ? { without: withoutOf.use } : chosenOf(search.rel)
  return { ...askOf(from, to, search), ...how }
}

/** A way of so many entities is told of no shorter one: two steps through what both belong to are no answer to look for. */
const LEAST = 3

import { useQueries, useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { graphQuery } from './api.ts'
import { ALL, DEPTH, type Depth, type GraphSearch } from './graph-search.ts'
import { betweenSystems, insideOf } from './inside.ts'
import { merged, near, type Graph, type Side } from './model.ts'

export interface Shown {
  graph: Graph | undefined
  /** The graph without what was loaded around single entities. */
  base: Graph | undefined
  depth: Depth
  side: Side | undefined
  /** What is shown belongs to what was asked before. */
  stale: boolean
  error: Error | null
  again: () => void
}

/** What fails with it has no end at two steps. */
const depthOf = (search: GraphSearch): Depth => (search.impact ? 'all' : (search.depth ?? DEPTH))

/** What a graph begins with. */
export function mainQuery(roots: string[], search: GraphSearch, relations: string[]) {
  const depth = depthOf(search)
  return graphQuery({ roots, depth: depth === 'all' ? ALL : depth, relations: someOf(relations) })
}

/**
 * The neighbourhood that the address asks for, with what was loaded around single entities. Both ways are asked for and what
 * is not wanted is cut off here: an API lives from the component that names it, so users are found along relations of both
 * directions.
 */
export function useGraph(roots: string[], search: GraphSearch, relations: string[], map?: 'all' | 'mine'): Shown {
  const depth = depthOf(search)
  const side = search.impact ?? search.side

  const main = useQuery(mainQuery(roots, search, relations))
  const extra = useQueries({
    queries: (search.impact ? [] : (search.more ?? [])).map((ref) =>
      graphQuery({ roots: [ref], depth: 1, relations: someOf(relations) }),
    ),
    combine: (answers) => ({
      graphs: answers.flatMap((a) => (a.data ? [a.data] : [])),
      error: answers.find((a) => a.error)?.error ?? null,
    }),
  })
  const { data } = main
  const kinds = search.kinds
  const { graph, base } = useMemo(() => {
    if (!data) return { graph: undefined, base: undefined }
    const from = (graphs: Graph[]) => {
      const all = merged([data, ...graphs])
      const keep = graphs.flatMap((g) => g.nodes.map((n) => n.ref))
      const cut =
        map === 'mine'
          ? insideOf(all, roots).graph
          : map
            ? betweenSystems(all)
            : near(all, roots, { side, depth: depth === 'all' ? Infinity : depth, keep })
      return kinds ? ofKinds(cut, kinds, roots) : cut
    }
    const base = from([])
    return { base, graph: extra.graphs.length > 0 ? from(extra.graphs) : base }
  }, [data, extra.graphs, side, depth, kinds, roots, map])
  return {
    graph,
    base,
    depth,
    side,
    stale: main.isPlaceholderData,
    error: main.error ?? extra.error,
    again: () => void main.refetch(),
  }
}

/** Without any it is one that nothing has: the server takes no relation for every one. */
const someOf = (relations: string[]) => (relations.length > 0 ? relations : ['none'])

function ofKinds(graph: Graph, kinds: string[], roots: string[]): Graph {
  const nodes = graph.nodes.filter((n) => kinds.includes(n.kind) || roots.includes(n.ref))
  const here = new Set(nodes.map((n) => n.ref))
  return { ...graph, nodes, edges: graph.edges.filter((e) => here.has(e.from) && here.has(e.to)) }
}

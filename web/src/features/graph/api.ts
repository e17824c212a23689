import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { request, withQuery } from '../../lib/api.ts'
import { keys } from '../../lib/keys.ts'
import type { FacetAnswer } from '../../lib/kinds.ts'
import { api } from '../../lib/paths.ts'
import { ALL } from './graph-search.ts'
import type { Graph, GraphNode, PathAnswer } from './model.ts'

export interface GraphAsk {
  roots: string[]
  depth: number
  relations: string[]
  direction?: 'upstream' | 'downstream' | 'both'
  limit?: number
}

/** Entities at most in one graph. */
export const MOST = 500

/** Kinds as refs have them, whatever case a file writes. */
function lowerKinds<T extends { nodes: GraphNode[] }>(answer: T): T {
  return { ...answer, nodes: answer.nodes.map((node) => ({ ...node, kind: node.kind.toLowerCase() })) }
}

const empty = (ask: GraphAsk): boolean => ask.roots.length === 0

export function graphQuery(ask: GraphAsk) {
  const { roots, depth, relations, direction = 'both', limit = MOST } = ask
  return queryOptions({
    queryKey: keys.graph({ roots, depth, relations, direction, limit }),
    queryFn: async ({ signal }): Promise<Graph> => {
      const query = { ref: roots, depth: Math.min(depth, ALL), relation: relations, direction, limit }
      return lowerKinds(await request<Graph>(withQuery(api.graph, query), { signal }))
    },
    enabled: !empty(ask),
    placeholderData: keepPreviousData,
  })
}

const insideRelations = ['partOf', 'dependsOn', 'consumesApi', 'providesApi']
const INSIDE = 300

/** The parts of a system or a domain; a domain holds systems, or domains of systems. */
export function insideQuery(ref: string) {
  return graphQuery({
    roots: [ref],
    depth: ref.startsWith('domain:') ? 3 : 2,
    relations: insideRelations,
    limit: INSIDE,
  })
}

export interface PathAsk {
  from: string
  to: string
  /** Relations to go along; every one when empty. */
  relations?: string[]
  /** Relations not to go along. */
  without?: string[]
  /** Only from who needs to what it needs. */
  along?: boolean
  /** Entities not to be led through. */
  avoid?: string[]
}

/** A shortest way between two entities. */
export function pathQuery(ask: PathAsk) {
  const { from, to, relations = [], without = [], along = false, avoid = [] } = ask
  return queryOptions({
    queryKey: keys.graph({ from, to, relations, without, along, avoid }),
    queryFn: async ({ signal }): Promise<PathAnswer> => {
      const query = { from, to, relation: relations, without, direction: along ? 'along' : 'any', avoid }
      return lowerKinds(await request<PathAnswer>(withQuery(api.graphPath, query), { signal }))
    },
    enabled: from !== '' && to !== '',
  })
}

const LARGEST = 12

/** The systems with the most inside, for where nobody said where to begin; with owners, the most of what those own. */
export function largestQuery(owners?: string[]) {
  return queryOptions({
    queryKey: keys.facet(['largest systems', owners ?? 'of all']),
    queryFn: async ({ signal }) => {
      const facet = 'relations.partOf'
      const own = owners && { query: { 'relations.ownedBy': { $in: owners.map((ref) => ref.toLowerCase()) } } }
      const body = { facets: [facet], ...own }
      const answer = await request<FacetAnswer>(api.facets, { method: 'POST', body, signal })
      return (answer.facets[facet] ?? [])
        .filter(({ value }) => value.toLowerCase().startsWith('system:'))
        .sort((a, b) => b.count - a.count || a.value.localeCompare(b.value))
        .slice(0, LARGEST)
        .map(({ value }) => value.toLowerCase())
    },
    enabled: owners?.length !== 0,
  })
}

import { belonging, type Graph } from './model.ts'

/**
 * What runs between systems: domains are what systems are part of, and would stand among them as if these needed them. What
 * is part of a system is folded into it, so that no line says it either.
 */
export function betweenSystems(graph: Graph): Graph {
  const domains = new Set(graph.nodes.flatMap(({ kind, ref }) => (kind === 'domain' ? [ref] : [])))
  return {
    ...graph,
    nodes: graph.nodes.filter(({ ref }) => !domains.has(ref)),
    edges: graph.edges.filter(({ from, to }) => !domains.has(from) && !domains.has(to)),
  }
}

/**
 * What is inside systems or domains: what says that it is part of it, what is part of that, and the neighbours of those by
 * need. The entities themselves and where things belong are left out: the picture shows it by its regions.
 */
export function insideOf(graph: Graph, refs: string[]): { graph: Graph; inside: Set<string> } {
  const parts = new Map<string, string[]>()
  for (const { from, to, type } of graph.edges) if (type === 'partOf') parts.set(to, [...(parts.get(to) ?? []), from])
  const inside = new Set(refs)
  for (const whole of inside) for (const part of parts.get(whole) ?? []) inside.add(part)
  for (const ref of refs) inside.delete(ref)
  const edges = graph.edges.filter(
    (e) =>
      !belonging.includes(e.type) &&
      !refs.includes(e.from) &&
      !refs.includes(e.to) &&
      (inside.has(e.from) || inside.has(e.to)),
  )
  const shown = new Set([...inside, ...edges.flatMap((e) => [e.from, e.to])])
  const nodes = graph.nodes.filter((n) => shown.has(n.ref))
  const there = new Set(nodes.map((n) => n.ref))
  return { graph: { ...graph, nodes, edges: edges.filter((e) => there.has(e.from) && there.has(e.to)) }, inside }
}

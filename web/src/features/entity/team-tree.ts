import type { Graph } from '../graph/model.ts'

/** A team in the tree of teams. */
export interface Branch {
  ref: string
  /** It stands further up already: a circle of teams, which is not walked again. */
  circle: boolean
  below: Branch[]
}

type Edges = Pick<Graph, 'edges'>

/** What is above a team, the highest first. Of several parents the first by name leads on; a circle ends it. */
export function above({ edges }: Edges, ref: string): string[] {
  const out: string[] = []
  for (let at: string | undefined = parentsOf(edges, ref)[0]; at !== undefined && at !== ref && !out.includes(at);) {
    out.unshift(at)
    at = parentsOf(edges, at)[0]
  }
  return out
}

export function parentsOf(edges: Edges['edges'], ref: string): string[] {
  return edges
    .filter((e) => e.type === 'childOf' && e.from === ref)
    .map((e) => e.to)
    .sort()
}

/** What is below a team, by name. */
export function below({ edges }: Edges, ref: string): Branch[] {
  const children = new Map<string, string[]>()
  for (const { from, to, type } of edges) if (type === 'childOf') children.set(to, [...(children.get(to) ?? []), from])
  const grow = (at: string, way: string[]): Branch[] =>
    (children.get(at) ?? []).sort().map((child) => {
      const circle = way.includes(child)
      return { ref: child, circle, below: circle ? [] : grow(child, [...way, child]) }
    })
  return grow(ref, [ref])
}

export const teamsIn = (branches: Branch[]): number =>
  branches.reduce((sum, branch) => sum + (branch.circle ? 0 : 1 + teamsIn(branch.below)), 0)

export function refsIn(branches: Branch[]): string[] {
  return branches.flatMap((branch) => [branch.ref, ...refsIn(branch.below)])
}

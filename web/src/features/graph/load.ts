import type { QueryClient } from '@tanstack/react-query'
import { summaryQuery } from '../../lib/summaries.ts'
import { largestQuery, pathQuery } from './api.ts'
import { mapReach, mapRelations, relationsShown, usualRelations } from './graph-search.ts'
import type { GraphPageSearch, GraphSearch } from './graph-search.ts'
import { mainQuery } from './use-graph.ts'
import { isNarrow } from './use-narrow.ts'

/** How long a page waits for its graph before it shows bones in its place, in milliseconds. */
const LATE = 180

const quietly = () => undefined

/** The code that draws and what is drawn, asked for at once. Failures are the page's to tell, which asks again. */
async function within(code: Promise<unknown>[], data: Promise<unknown>): Promise<void> {
  const late = new Promise((done) => setTimeout(done, LATE))
  await Promise.race([Promise.all([...code, data].map((part) => part.catch(quietly))), late])
}

const drawing = () => [import('./graph-view.tsx'), ...(isNarrow() ? [] : [import('./canvas.tsx')])]

/** What is around an entity; which relations it begins with, only the entity tells. */
export function loadAround(client: QueryClient, roots: string[], types: Promise<string[]>, search: GraphSearch) {
  const around = async () => {
    const usual = usualRelations(roots, await types)
    await client.ensureQueryData(mainQuery(roots, search, relationsShown(search, usual)))
  }
  return within(drawing(), around())
}

export function loadGraphPage(client: QueryClient, search: GraphPageSearch): Promise<void> {
  const { from, to, ref } = search
  if (from !== undefined || to !== undefined)
    return within([import('./path-view.tsx'), import('./canvas.tsx')], loadPath(client, from, to))
  return within(drawing(), ref ? loadFrom(client, ref, search) : loadMap(client, search))
}

async function loadPath(client: QueryClient, from?: string, to?: string): Promise<void> {
  const ends = [from, to].flatMap((ref) => (ref === undefined ? [] : [client.ensureQueryData(summaryQuery(ref))]))
  const there = await Promise.all(ends)
  if (from !== undefined && to !== undefined && there.every(Boolean)) await client.ensureQueryData(pathQuery(from, to))
}

async function loadFrom(client: QueryClient, refs: string[], search: GraphSearch): Promise<void> {
  const there = await Promise.all(refs.map((ref) => client.ensureQueryData(summaryQuery(ref))))
  const roots = refs.filter((_, i) => there[i])
  const relations = relationsShown(search, usualRelations(roots))
  if (roots.length > 0) await client.ensureQueryData(mainQuery(roots, search, relations))
}

async function loadMap(client: QueryClient, search: GraphSearch): Promise<void> {
  const systems = await client.ensureQueryData(largestQuery)
  const reach = { ...search, ...mapReach }
  if (systems.length > 0) await client.ensureQueryData(mainQuery(systems, reach, relationsShown(search, mapRelations)))
}

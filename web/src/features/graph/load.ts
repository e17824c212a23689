import type { QueryClient } from '@tanstack/react-query'
import { myTeamsQuery } from '../../lib/my-teams.ts'
import { sessionQuery } from '../../lib/session.ts'
import { summaryQuery } from '../../lib/summaries.ts'
import { largestQuery, pathQuery } from './api.ts'
import { mapReach, mapRelations, relationsShown, usualRelations } from './graph-search.ts'
import type { GraphPageSearch, GraphSearch } from './graph-search.ts'
import { mainQuery } from './use-graph.ts'
import { isPhone } from '../../lib/widths.ts'
import { firstAsk } from './use-way.ts'

/** How long a page waits for its graph before it shows bones in its place, in milliseconds. */
const LATE = 180

const quietly = () => undefined

/** The code that draws and what is drawn, asked for at once. Failures are the page's to tell, which asks again. */
async function within(code: Promise<unknown>[], data: Promise<unknown>): Promise<void> {
  const late = new Promise((done) => setTimeout(done, LATE))
  await Promise.race([Promise.all([...code, data].map((part) => part.catch(quietly))), late])
}

const drawing = () => [import('./graph-view.tsx'), ...(isPhone() ? [] : [import('./canvas.tsx')])]

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
    return within([import('./path-view.tsx'), import('./canvas.tsx')], loadPath(client, search))
  return within(drawing(), ref ? loadFrom(client, ref, search) : loadMap(client, search))
}

async function loadPath(client: QueryClient, search: GraphPageSearch): Promise<void> {
  const { from, to } = search
  const ends = [from, to].flatMap((ref) => (ref === undefined ? [] : [client.ensureQueryData(summaryQuery(ref))]))
  const there = await Promise.all(ends)
  if (from !== undefined && to !== undefined && there.every(Boolean))
    await client.ensureQueryData(pathQuery(firstAsk(from, to, search)))
}

async function loadFrom(client: QueryClient, refs: string[], search: GraphSearch): Promise<void> {
  const there = await Promise.all(refs.map((ref) => client.ensureQueryData(summaryQuery(ref))))
  const roots = refs.filter((_, i) => there[i])
  const relations = relationsShown(search, usualRelations(roots))
  if (roots.length > 0) await client.ensureQueryData(mainQuery(roots, search, relations))
}

async function loadMap(client: QueryClient, search: GraphPageSearch): Promise<void> {
  const { principal } = await client.ensureQueryData(sessionQuery)
  const teams = principal?.ref ? await client.ensureQueryData(myTeamsQuery(principal.ref)) : []
  const own = search.of !== 'all' && teams.length > 0 ? await client.ensureQueryData(largestQuery(teams)) : []
  const systems = own.length > 0 ? own : await client.ensureQueryData(largestQuery())
  const reach = { ...search, ...mapReach[own.length > 0 ? 'mine' : 'all'] }
  if (systems.length > 0) await client.ensureQueryData(mainQuery(systems, reach, relationsShown(search, mapRelations)))
}

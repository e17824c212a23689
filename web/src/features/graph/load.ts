import type { QueryClient } from '@tanstack/react-query'
import { myTeamsQuery } from '../../lib/my-teams.ts'
import { sessionQuery } from '../../lib/session.ts'
import { soon } from '../../lib/soon.ts'
import { summaryQuery } from '../../lib/summaries.ts'
import { largestQuery, pathQuery } from './api.ts'
import { Canvas, GraphView, PathView } from './chunks.ts'
import { mapReach, mapRelations, relationsShown, usualRelations } from './graph-search.ts'
import type { GraphPageSearch, GraphSearch } from './graph-search.ts'
import { mainQuery } from './use-graph.ts'
import { isPhone } from '../../lib/widths.ts'
import { firstAsk } from './use-way.ts'

/** The code that draws a neighbourhood; a phone shows the table first. */
const drawing = () => [GraphView.preload(), !isPhone() && Canvas.preload()]

/** What is around an entity; which relations it begins with, only the entity tells. */
export function loadAround(client: QueryClient, roots: string[], types: Promise<string[]>, search: GraphSearch) {
  const around = async () => {
    const usual = usualRelations(roots, await types)
    await client.ensureQueryData(mainQuery(roots, search, relationsShown(search, usual)))
  }
  return soon([...drawing(), around()])
}

export function loadGraphPage(client: QueryClient, search: GraphPageSearch): Promise<void> {
  const { from, to, ref } = search
  if (from !== undefined || to !== undefined)
    return soon([PathView.preload(), Canvas.preload(), loadPath(client, search)])
  return soon([...drawing(), ref ? loadFrom(client, ref, search) : loadMap(client, search)])
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

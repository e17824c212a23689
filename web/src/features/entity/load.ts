import type { QueryClient } from '@tanstack/react-query'
import { relationsOf } from '../../lib/entity.ts'
import type { GraphSearch } from '../graph/graph-search.ts'
import { soon } from '../../lib/soon.ts'
import { sourceQuery } from '../../lib/source.ts'
import { summaryQuery } from '../../lib/summaries.ts'
import { isPhone } from '../../lib/widths.ts'
import { entityQuery, historyQuery, historySummaryQuery, latestChangesQuery } from './api.ts'
import {
  ApiBrief,
  ApisAround,
  ChangeDetails,
  EntityActions,
  HistoryFilter,
  InsideDiagram,
  Lately,
  OwnerStanding,
} from './chunks.ts'

/** How long the header waits for the names within it, in milliseconds: it comes whole, and does not jump when they do. */
const NAMES = 150

/** What the page of an entity begins with. */
export async function loadEntity(client: QueryClient, ref: string): Promise<void> {
  const actions = EntityActions.preload()
  const entity = await client.ensureQueryData(entityQuery(ref)).catch(() => undefined)
  if (!entity) return
  const [owner] = relationsOf(entity, 'ownedBy')
  const system = relationsOf(entity, 'partOf').find((r) => r.startsWith('system:'))
  const names = [owner, system].flatMap((r) => (r ? [client.ensureQueryData(summaryQuery(r))] : []))
  const asked = client.ensureQueryData(latestChangesQuery(ref))
  await soon([asked, actions, loadOwner(client, ref, owner), ...names], NAMES)
}

async function loadOwner(client: QueryClient, ref: string, owner: string | undefined): Promise<void> {
  await OwnerStanding.preload()
  await (await import('../ownership/beside.ts')).loadStanding(client, ref, owner)
}

export async function loadHistory(client: QueryClient, ref: string): Promise<void> {
  const asked = [client.ensureInfiniteQueryData(historyQuery(ref)), client.ensureQueryData(historySummaryQuery(ref))]
  await soon([ChangeDetails.preload(), HistoryFilter.preload(), ...asked])
}

export async function loadSource(client: QueryClient, ref: string): Promise<void> {
  await soon([client.ensureQueryData(sourceQuery(ref))])
}

export async function loadDependencies(client: QueryClient, ref: string, search: GraphSearch): Promise<void> {
  const { loadAround } = await import('../graph/load.ts')
  const types = client.ensureQueryData(entityQuery(ref)).then((entity) => (entity?.relations ?? []).map((r) => r.type))
  await loadAround(client, [ref], types, search)
}

/** An overview comes with what stands above the rest, which would jump: what an API offers, the inside of a system. */
export async function loadOverview(client: QueryClient, ref: string): Promise<void> {
  await soon([Lately.preload(), ...above(client, ref)])
}

function above(client: QueryClient, ref: string): unknown[] {
  const [kind] = ref.split(':')
  if (kind === 'component') return [ApisAround.preload()]
  if (kind === 'api') return [ApiBrief.preload(), loadDefinition(client, ref)]
  // A phone has no room for the diagram.
  const drawn = (kind === 'system' || kind === 'domain') && !isPhone()
  return drawn ? [InsideDiagram.preload(), loadInside(client, ref)] : []
}

async function loadDefinition(client: QueryClient, ref: string): Promise<void> {
  const { definitionOf, openedQuery } = await import('../api/definition.ts')
  const entity = await client.ensureQueryData(entityQuery(ref))
  const definition = entity && definitionOf(entity)
  if (definition) await client.ensureQueryData(openedQuery(definition))
}

async function loadInside(client: QueryClient, ref: string): Promise<void> {
  const { insideQuery } = await import('../graph/api.ts')
  await client.ensureQueryData(insideQuery(ref))
}

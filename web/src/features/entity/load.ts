import type { QueryClient } from '@tanstack/react-query'
import { relationsOf } from '../../lib/entity.ts'
import type { GraphSearch } from '../graph/graph-search.ts'
import { sourceQuery } from '../../lib/source.ts'
import { summaryQuery } from '../../lib/summaries.ts'
import { entityQuery, historyQuery, historySummaryQuery, latestChangesQuery } from './api.ts'

/** How long the header waits for the names within it, in milliseconds: it comes whole, and does not jump when they do. */
const NAMES = 150

const quietly = () => undefined

/** What the page of an entity begins with. Failures are the page's to tell, which asks again. */
export async function loadEntity(client: QueryClient, ref: string): Promise<void> {
  const entity = await client.ensureQueryData(entityQuery(ref)).catch(quietly)
  if (!entity) return
  const changes = client.ensureQueryData(latestChangesQuery(ref)).catch(quietly)
  const [owner] = relationsOf(entity, 'ownedBy')
  const system = relationsOf(entity, 'partOf').find((r) => r.startsWith('system:'))
  const names = [owner, system].flatMap((r) => (r ? [client.ensureQueryData(summaryQuery(r)).catch(quietly)] : []))
  const late = new Promise((done) => setTimeout(done, NAMES))
  await Promise.race([Promise.all([changes, ...names]), late])
}

export async function loadHistory(client: QueryClient, ref: string): Promise<void> {
  await Promise.all([
    client.ensureInfiniteQueryData(historyQuery(ref)).catch(quietly),
    client.ensureQueryData(historySummaryQuery(ref)).catch(quietly),
  ])
}

export async function loadSource(client: QueryClient, ref: string): Promise<void> {
  await client.ensureQueryData(sourceQuery(ref)).catch(quietly)
}

export async function loadDependencies(client: QueryClient, ref: string, search: GraphSearch): Promise<void> {
  const { loadAround } = await import('../graph/load.ts')
  const types = client.ensureQueryData(entityQuery(ref)).then((entity) => (entity?.relations ?? []).map((r) => r.type))
  await loadAround(client, [ref], types, search)
}

/** An API's overview comes with what it offers, where that is read soon: it stands above the rest, which would jump. */
export async function loadOverview(client: QueryClient, ref: string): Promise<void> {
  if (!ref.startsWith('api:')) return
  const { loadBrief } = await import('../api/load.ts')
  const brief = client.ensureQueryData(entityQuery(ref)).then((entity) => entity && loadBrief(client, entity))
  await Promise.race([brief.catch(quietly), new Promise((done) => setTimeout(done, NAMES))])
}

import type { QueryClient } from '@tanstack/react-query'
import { kindsQuery } from '../../lib/kinds.ts'
import { myTeamsQuery } from '../../lib/my-teams.ts'
import { sessionQuery } from '../../lib/session.ts'
import { getSetting } from '../../lib/settings.ts'
import { soon } from '../../lib/soon.ts'
import { starred } from '../../lib/stars.ts'
import { pageQuery } from './api.ts'
import type { Asker } from './catalog-query.ts'
import { parseCatalogSearch, type CatalogSearch } from './catalog-search.ts'
import { CatalogMap, CatalogTable, Facets } from './chunks.ts'
import { mapCountsQuery, placesQuery } from './map-api.ts'

/** What the catalog begins with. Failures are the page's to tell, which asks again. */
export async function loadCatalog(client: QueryClient, written: Record<string, unknown>): Promise<void> {
  const search = parseCatalogSearch(written)
  const own = soon([loadRows(client, search)])
  await client.ensureQueryData(kindsQuery).catch(() => undefined)
  await own
}

async function loadRows(client: QueryClient, search: CatalogSearch): Promise<void> {
  const code = Promise.all([Facets.preload(), (search.view === 'map' ? CatalogMap : CatalogTable).preload()])
  const { principal } = await client.ensureQueryData(sessionQuery)
  const me = principal?.type === 'user' ? principal.ref : undefined
  const mine = me ? client.ensureQueryData(myTeamsQuery(me)) : []
  const stars = new Set(getSetting(starred))
  const rows = async () => {
    const asker: Asker = { me, teams: search.owned ? await mine : [], stars }
    await Promise.all([
      client.ensureQueryData(pageQuery(search, asker, 0)),
      search.view === 'map' && client.ensureQueryData(mapCountsQuery(search, asker)),
    ])
  }
  await Promise.all([code, mine, rows(), search.view === 'map' && client.ensureQueryData(placesQuery)])
}

import type { QueryClient } from '@tanstack/react-query'
import { kindsQuery } from '../../lib/kinds.ts'
import { myTeamsQuery } from '../../lib/my-teams.ts'
import { sessionQuery } from '../../lib/session.ts'
import { ownedQuery } from '../../lib/owned.ts'

/** How long the page waits for what is somebody's own before it shows bones in its place, in milliseconds. */
const OWN = 300

const quietly = () => undefined

/** What Home begins with. Failures are the page's to tell, which asks again. */
export async function loadHome(client: QueryClient): Promise<void> {
  const late = new Promise((done) => setTimeout(done, OWN))
  const own = loadOwn(client).catch(quietly)
  await client.ensureQueryData(kindsQuery).catch(quietly)
  await Promise.race([own, late])
}

async function loadOwn(client: QueryClient): Promise<void> {
  const { principal, guest } = await client.ensureQueryData(sessionQuery)
  if (principal?.type !== 'user' || guest) return
  const teams = await client.ensureQueryData(myTeamsQuery(principal.ref))
  await client.ensureQueryData(ownedQuery([principal.ref, ...teams]))
}

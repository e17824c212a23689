import type { QueryClient } from '@tanstack/react-query'
import { OwnershipQuestions } from './chunks.ts'
import { kindsQuery } from '../../lib/kinds.ts'
import { myTeamsQuery } from '../../lib/my-teams.ts'
import { ownedQuery } from '../../lib/owned.ts'
import type { Session } from '../../lib/portico.ts'
import { sessionQuery } from '../../lib/session.ts'
import { soon } from '../../lib/soon.ts'

/** Whose Home it is; nobody's for a program, and for a guest without an entity. */
export function homeOf({ principal }: Session): string {
  return principal && principal.type !== 'service' ? principal.ref : ''
}

/** What Home begins with. */
export async function loadHome(client: QueryClient): Promise<void> {
  const own = soon([loadOwn(client)])
  await client.ensureQueryData(kindsQuery).catch(() => undefined)
  await own
}

async function loadQuestions(client: QueryClient): Promise<void> {
  await OwnershipQuestions.preload()
  await (await import('../ownership/beside.ts')).loadQuestions(client)
}

async function loadOwn(client: QueryClient): Promise<void> {
  const session = await client.ensureQueryData(sessionQuery)
  const me = homeOf(session)
  if (me === '') return
  const teams = await client.ensureQueryData(myTeamsQuery(me))
  if (!session.guest || teams.length > 0)
    await Promise.all([client.ensureQueryData(ownedQuery([me, ...teams])), loadQuestions(client)])
}

import { useMemo } from 'react'
import { useMyTeams } from '../../lib/my-teams.ts'
import { useSession } from '../../lib/session.ts'
import { useStars } from '../../lib/stars.ts'
import type { Asker } from './catalog-query.ts'

/** What "mine" and "starred" mean for whoever is here. */
export function useAsker(): Asker {
  const { principal } = useSession()
  const me = principal?.type === 'user' ? principal.ref : undefined
  const teams = useMyTeams()
  const stars = useStars()
  return useMemo(() => ({ me, teams, stars }), [me, teams, stars])
}

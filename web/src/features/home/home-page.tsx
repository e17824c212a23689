import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { kindsQuery } from '../../lib/kinds.ts'
import { myTeamsQuery } from '../../lib/my-teams.ts'
import { useSession } from '../../lib/session.ts'
import { useTitle } from '../../lib/title.ts'
import { CatalogHome } from './catalog-home.tsx'
import { FirstRun } from './first-run.tsx'
import { homeOf } from './load.ts'
import { MyHome } from './my-home.tsx'

/**
 * Does anything need me, and where was I? Whom the catalog does not know is shown the whole of it; a guest who stands for
 * a member of a team, as in the sample, sees what that team sees.
 */
export function HomePage() {
  useTitle('Home')
  const session = useSession()
  const kinds = useSuspenseQuery(kindsQuery).data
  const total = kinds.reduce((sum, k) => sum + k.count, 0)
  const me = homeOf(session)
  const teams = useQuery(myTeamsQuery(me))
  if (total === 0) return <FirstRun />
  if (me === '' || (session.guest && !teams.data?.length)) return <CatalogHome kinds={kinds} total={total} />
  return <MyHome me={me} teams={teams} kinds={kinds} total={total} />
}

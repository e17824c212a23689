import { queryOptions, useSuspenseQuery } from '@tanstack/react-query'
import { request } from './api.ts'
import { keys } from './keys.ts'
import { api } from './paths.ts'
import type { Session } from './portico.ts'
import { settings } from './settings.ts'

export const sessionQuery = queryOptions({
  queryKey: keys.session,
  queryFn: async ({ signal }) => {
    const session = await request<Session>(api.session, { signal })
    settings.begin(keepsSettings(session) ? session.principal?.ref : undefined)
    return session
  },
  staleTime: 60_000,
})

/** The session of this page. The root route has loaded it before anything draws. */
export function useSession(): Session {
  return useSuspenseQuery(sessionQuery).data
}

/** Whether the portal keeps settings of whoever is here; everybody else's are kept in their browser. */
export function keepsSettings(session: Session): boolean {
  return session.principal?.type === 'user' && allowed(session, 'portico.settings.manage')
}

/** Whether the person may do it. Asks the session's list, which the server decided; the server checks again. */
export function allowed(session: Session, permission: string): boolean {
  return session.permissions?.includes(permission) ?? false
}

import type { QueryClient } from '@tanstack/react-query'
import { permissions, whyQuery } from '../../lib/may.ts'

export async function loadRights(client: QueryClient): Promise<void> {
  await Promise.all(permissions.map((permission) => client.ensureQueryData(whyQuery(permission))))
}

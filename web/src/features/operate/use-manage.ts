import { allowed, useSession } from '../../lib/session.ts'

/** Whether the person may decide about sources and what came of them. */
export function useManage(): boolean {
  return allowed(useSession(), 'catalog.ingestion.manage')
}

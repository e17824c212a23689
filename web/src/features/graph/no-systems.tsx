import { useQuery } from '@tanstack/react-query'
import { kindsQuery } from '../../lib/kinds.ts'
import { EmptyState } from '../../ui/empty-state.tsx'
import { FirstDay } from '../../ui/first-day.tsx'
import css from './graph-page.module.css'

/** Nothing is there to draw: the catalog is empty, or what is in it is in no system. */
export function NoSystems() {
  const { data: kinds, isPending } = useQuery(kindsQuery)
  if (isPending) return null
  return (
    <div className={css['empty']}>
      {kinds?.length === 0 ? (
        <FirstDay />
      ) : (
        <EmptyState door="open" title="No system has anything inside yet">
          <p>
            Look for an entity above, and the graph begins there. Components join a system by <code>spec.system</code>.
          </p>
        </EmptyState>
      )}
    </div>
  )
}

import { useNavigate, useSearch } from '@tanstack/react-router'
import { page } from '../../lib/paths.ts'
import type { OverviewSearch } from './overview-search.ts'
import { useEntityRef } from './use-entity.ts'

/** What is chosen on the overview, and how to choose something else: undefined takes a choice back. */
export function useOverviewSearch() {
  const ref = useEntityRef()
  const search: OverviewSearch = useSearch({ strict: false })
  const navigate = useNavigate()
  const choose = (change: { [K in keyof OverviewSearch]: OverviewSearch[K] | undefined }) => {
    void navigate({ to: page.entity(ref), search: { ...search, ...change }, resetScroll: false, replace: true })
  }
  return [search, choose] as const
}

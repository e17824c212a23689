import { useSuspenseQuery } from '@tanstack/react-query'
import { Outlet } from '@tanstack/react-router'
import { lazy, Suspense, useEffect } from 'react'
import { titleOf } from '../../lib/entity.ts'
import { noteRecent } from '../../lib/recent.ts'
import { useTitle } from '../../lib/title.ts'
import { RowBones } from '../../ui/bones.tsx'
import { ErrorStrip } from '../../ui/strip.tsx'
import { entityQuery } from './api.ts'
import { EntityHeader } from './entity-header.tsx'
import { EntityStrips } from './entity-strips.tsx'
import { EntityTabs } from './entity-tabs.tsx'
import { useEntityRef } from './use-entity.ts'
import css from './entity.module.css'

const EntityMissing = lazy(async () => ({ default: (await import('./entity-missing.tsx')).EntityMissing }))

/** What is it, who looks after it, where is everything? The tab of the URL draws below the header. */
export function EntityPage() {
  const ref = useEntityRef()
  const { data: entity, error, refetch } = useSuspenseQuery(entityQuery(ref))
  useTitle(entity ? titleOf(entity) : 'Not in the catalog', ref)
  useEffect(() => {
    if (entity) noteRecent(ref)
  }, [entity, ref])
  if (!entity) return <EntityMissing entityRef={ref} />
  return (
    <div className="page" key={ref}>
      <EntityHeader entity={entity} />
      <EntityTabs entity={entity} />
      {error && (
        <div className={css['strips']}>
          <ErrorStrip
            error={error}
            what="It did not load again."
            kept="You see what was there last."
            onRetry={() => void refetch()}
          />
        </div>
      )}
      <EntityStrips entity={entity} />
      <Suspense fallback={<RowBones rows={6} />}>
        <Outlet />
      </Suspense>
    </div>
  )
}

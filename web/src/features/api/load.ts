import type { QueryClient } from '@tanstack/react-query'
import type { Entity } from '../../lib/entity.ts'
import { definitionOf, openedQuery } from './definition.ts'

/** The brief of an API: its code and its definition. */
export async function loadBrief(client: QueryClient, entity: Entity): Promise<void> {
  const definition = definitionOf(entity)
  await Promise.all([import('./api-brief.tsx'), definition && client.prefetchQuery(openedQuery(definition))])
}

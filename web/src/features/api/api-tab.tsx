import { useSuspenseQuery } from '@tanstack/react-query'
import { useParams, useSearch } from '@tanstack/react-router'
import { formatRef } from '../../lib/entity.ts'
import { entityQuery } from '../entity/api.ts'
import { parseApiTabSearch } from './api-search.ts'
import { ApiViewer } from './api-viewer.tsx'
import { ComponentApis } from './component-apis.tsx'
import { definitionOf } from './definition.ts'
import { NoDefinition } from './no-definition.tsx'
import css from './viewer.module.css'

/** Of an API its definition; of anything else the APIs that it provides and calls. */
export function ApiTab() {
  const { kind = '', namespace = 'default', name = '' } = useParams({ strict: false })
  const search = parseApiTabSearch(useSearch({ strict: false }))
  const { data: entity } = useSuspenseQuery(entityQuery(formatRef({ kind, namespace, name })))
  if (!entity) return null
  if (entity.kind.toLowerCase() !== 'api') return <ComponentApis entity={entity} />
  const definition = definitionOf(entity)
  if (!definition) {
    return (
      <div className={css['viewer']}>
        <NoDefinition entity={entity} />
      </div>
    )
  }
  return <ApiViewer definition={definition} search={search} />
}

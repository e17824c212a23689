import { useSuspenseQuery } from '@tanstack/react-query'
import { useParams, useSearch } from '@tanstack/react-router'
import { relationsOf, formatRef, type Entity } from '../../lib/entity.ts'
import { entityQuery } from '../entity/api.ts'
import { MentionList } from '../../ui/mention-list.tsx'
import { Section } from '../../ui/section.tsx'
import { count } from '../../lib/words.ts'
import { parseApiTabSearch } from './api-search.ts'
import { ApiViewer } from './api-viewer.tsx'
import { definitionOf } from './definition.ts'
import { NoDefinition } from './no-definition.tsx'
import css from './viewer.module.css'

/** Of an API its definition; of anything else the APIs that it provides and calls. */
export function ApiTab() {
  const { kind = '', namespace = 'default', name = '' } = useParams({ strict: false })
  const search = parseApiTabSearch(useSearch({ strict: false }))
  const { data: entity } = useSuspenseQuery(entityQuery(formatRef({ kind, namespace, name })))
  if (!entity) return null
  if (entity.kind.toLowerCase() !== 'api') return <Apis entity={entity} />
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

function Apis({ entity }: { entity: Entity }) {
  const provided = relationsOf(entity, 'providesApi')
  const called = relationsOf(entity, 'consumesApi')
  return (
    <>
      <Section title="Provides" note={provided.length > 0 && count(provided.length, 'API', 'APIs')}>
        {provided.length > 0 ? (
          <MentionList refs={provided} />
        ) : (
          <p className="muted">
            It provides no API. Name one under <span className="mono">spec.providesApis</span>.
          </p>
        )}
      </Section>
      <Section title="Calls" note={called.length > 0 && count(called.length, 'API', 'APIs')}>
        {called.length > 0 ? (
          <MentionList refs={called} />
        ) : (
          <p className="muted">
            It calls no API, as far as its file says under <span className="mono">spec.consumesApis</span>.
          </p>
        )}
      </Section>
    </>
  )
}

import { queryOptions } from '@tanstack/react-query'
import { refOf, text, type Entity } from '../../lib/entity.ts'
import { keys } from '../../lib/keys.ts'
import { openDefinition, type Opened } from './opened.ts'

export interface Definition {
  ref: string
  type: string
  text: string
  /** What to call a file of it. */
  file: string
  etag: string
}

/** The definition of an API as its entity has it. An MCP server may have none, and name only where it answers. */
export function definitionOf(entity: Entity): Definition | undefined {
  const type = text(entity.spec?.['type']) ?? ''
  const written = entity.spec?.['definition']
  const remotes = entity.spec?.['remotes']
  const said =
    text(written) ??
    (written !== undefined && written !== null && typeof written === 'object'
      ? JSON.stringify(written, null, 2)
      : undefined) ??
    (Array.isArray(remotes) && remotes.length > 0
      ? JSON.stringify({ remotes: remotes as unknown[] }, null, 2)
      : undefined)
  if (said === undefined || said.trim() === '') return undefined
  const { name, etag } = entity.metadata
  return { ref: refOf(entity), type, text: said, file: name, etag: etag ?? String(said.length) }
}

/** The definition, taken apart once and kept for as long as somebody looks at it. */
export function openedQuery(definition: Definition | undefined) {
  return queryOptions({
    queryKey: keys.definition(definition?.ref ?? '', definition?.etag ?? ''),
    queryFn: (): Promise<Opened> => {
      if (!definition) throw new Error('there is no definition to open')
      return openDefinition(definition.type, definition.text)
    },
    enabled: definition !== undefined,
    staleTime: Infinity,
    structuralSharing: false,
  })
}

export function entryQuery(definition: Definition, opened: Opened, id: string) {
  return queryOptions({
    queryKey: [...keys.definition(definition.ref, definition.etag), 'entry', id],
    queryFn: async () => (await opened.entry(id)) ?? null,
    staleTime: Infinity,
    structuralSharing: false,
  })
}

export function fieldsQuery(definition: Definition, opened: Opened, key: string) {
  return queryOptions({
    queryKey: [...keys.definition(definition.ref, definition.etag), 'fields', key],
    queryFn: () => opened.fields(key),
    staleTime: Infinity,
    structuralSharing: false,
  })
}

import { withQuery } from '../../lib/api.ts'
import { parseRef } from '../../lib/entity.ts'
import { api } from '../../lib/paths.ts'
import { fullText, predicate, type Asker, type Predicate, type TextFilter } from './catalog-query.ts'
import type { CatalogSearch } from './catalog-search.ts'
import { exportColumns } from './column-fields.ts'

export type ExportFormat = 'csv' | 'json' | 'yaml'

/** The formats, and what is in the file of each. */
export const formats: { format: ExportFormat; name: string; says: string }[] = [
  { format: 'csv', name: 'CSV', says: 'these columns' },
  { format: 'json', name: 'JSON', says: 'whole entities' },
  { format: 'yaml', name: 'YAML', says: 'whole entities' },
]

export interface Exported {
  query: Predicate
  text?: TextFilter | undefined
  kind: string
  cols: string[] | undefined
}

/** What the filters leave, whatever the order: one by a field would leave out what has no such field. */
export function filtered(search: CatalogSearch, asker: Asker): Exported {
  const { kind, cols } = search
  return { query: predicate(search, asker), text: fullText(search).fullTextFilter, kind, cols }
}

/** As many refs as an address holds that every proxy lets through. */
export const MOST_CHOSEN = 100

/** These entities, which are all of one kind. */
export function chosen(refs: string[], { kind, cols }: Pick<CatalogSearch, 'kind' | 'cols'>): Exported {
  const byNamespace = new Map<string, string[]>()
  for (const ref of refs) {
    const { namespace, name } = parseRef(ref)
    byNamespace.set(namespace, [...(byNamespace.get(namespace) ?? []), name])
  }
  const $any = [...byNamespace].map(([namespace, names]) => ({
    'metadata.namespace': namespace,
    'metadata.name': { $in: names },
  }))
  return { query: { $all: [{ kind }, { $any }] }, kind, cols }
}

/** The address of a file of them; a table has the columns of the page. */
export function exportHref({ query, text, kind, cols }: Exported, format: ExportFormat): string {
  return withQuery(api.export, {
    format,
    query: JSON.stringify(query),
    fullTextFilterTerm: text?.term,
    fullTextFilterFields: text?.fields.join(','),
    fullTextFilterWords: text && 'true',
    columns: format === 'csv' ? ['name', ...exportColumns(kind, cols)].join(',') : undefined,
  })
}

import { withQuery } from '../../lib/api.ts'
import { api } from '../../lib/paths.ts'
import { fullText, orderOf, predicate, type Asker } from './catalog-query.ts'
import type { CatalogSearch } from './catalog-search.ts'
import { chosenColumns } from './column-fields.ts'

export type ExportFormat = 'csv' | 'json' | 'yaml'

/** The address of a file with what the filters leave, in the order and with the columns of the page. */
export function exportHref(search: CatalogSearch, asker: Asker, format: ExportFormat): string {
  const { fullTextFilter } = fullText(search)
  const { field, order } = orderOf(search)
  return withQuery(api.export, {
    format,
    query: JSON.stringify(predicate(search, asker)),
    fullTextFilterTerm: fullTextFilter?.term,
    fullTextFilterFields: fullTextFilter?.fields.join(','),
    orderField: search.sort ? `${field},${order}` : undefined,
    columns: format === 'csv' ? ['name', ...chosenColumns(search.kind, search.cols)].join(',') : undefined,
  })
}

/** Keys of everything in the query cache. The change feed invalidates by their first word. */
export const keys = {
  session: ['session'] as const,
  summaries: ['summary'] as const,
  summary: (ref: string) => ['summary', ref] as const,
  entities: ['entity'] as const,
  entity: (ref: string) => ['entity', ref] as const,
  history: (ref: string) => ['history', ref] as const,
  source: (ref: string) => ['source', ref] as const,
  lists: ['list'] as const,
  list: (query: unknown) => ['list', query] as const,
  total: (query: unknown) => ['list', 'total', query] as const,
  facets: ['facets'] as const,
  facet: (query: unknown) => ['facets', query] as const,
  finder: (term: string) => ['list', 'finder', term] as const,
  changes: ['changes'] as const,
  sources: ['sources'] as const,
  problems: ['problems'] as const,
}

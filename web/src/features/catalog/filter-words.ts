import type { FacetName, FilterName, Owned } from './catalog-search.ts'

export const facetTitles: Record<FacetName, string> = {
  owner: 'Owner',
  type: 'Type',
  lifecycle: 'Lifecycle',
  tag: 'Tag',
  namespace: 'Namespace',
}

export const showTitles: Record<Owned | 'starred' | 'attention', string> = {
  teams: 'Owned by my teams',
  me: 'Owned by me',
  starred: 'Starred',
  attention: 'Needs attention',
}

/** A filter as the chip and the sentence of no match call it. */
export const filterTitles: Record<FilterName, string> = {
  q: 'Text',
  owned: 'Owned by',
  starred: 'Starred',
  attention: 'Needs attention',
  in: 'In',
  ...facetTitles,
}

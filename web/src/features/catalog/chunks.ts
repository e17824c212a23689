import { later } from '../../lib/later.tsx'

export const Facets = later(() => import('./facets.tsx'), 'Facets')
export const CatalogMap = later(() => import('./map.tsx'), 'CatalogMap')
export const CatalogTable = later(() => import('./catalog-table.tsx'), 'CatalogTable')

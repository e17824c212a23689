import { later } from '../../lib/later.tsx'

export const ApiBrief = later(() => import('../api/api-brief.tsx'), 'ApiBrief')
export const ApisAround = later(() => import('./apis-around.tsx'), 'ApisAround')
export const ChangeDetails = later(() => import('./change-details.tsx'), 'ChangeDetails')
export const ChangeEnds = later(() => import('./change-details.tsx'), 'ChangeEnds')
export const EntityActions = later(() => import('./entity-actions.tsx'), 'EntityActions')
export const Fact = later(() => import('./fact.tsx'), 'Fact')
export const HistoryFilter = later(() => import('./history-filter.tsx'), 'HistoryFilter')
export const InsideDiagram = later(() => import('../graph/inside-diagram.tsx'), 'InsideDiagram')
export const OwnerStanding = later(() => import('../ownership/beside.ts'), 'OwnerStanding')
export const Lately = later(() => import('./lately.tsx'), 'Lately')
export const Proposed = later(() => import('./fact.tsx'), 'Proposed')

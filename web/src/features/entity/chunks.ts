import { later } from '../../lib/later.tsx'

export const ApiBrief = later(() => import('../api/api-brief.tsx'), 'ApiBrief')
export const ApisAround = later(() => import('./apis-around.tsx'), 'ApisAround')
export const ChangeDays = later(() => import('./change-days.tsx'), 'ChangeDays')
export const HistoryFilter = later(() => import('./history-filter.tsx'), 'HistoryFilter')
export const InsideDiagram = later(() => import('../graph/inside-diagram.tsx'), 'InsideDiagram')
export const OwnerStanding = later(() => import('../ownership/beside.ts'), 'OwnerStanding')
export const Lately = later(() => import('./lately.tsx'), 'Lately')
export const Proposed = later(() => import('./fact.tsx'), 'Proposed')

import { later } from '../../lib/later.ts'

export const ApiBrief = later(() => import('../api/api-brief.tsx'), 'ApiBrief')
export const InsideDiagram = later(() => import('../graph/inside-diagram.tsx'), 'InsideDiagram')

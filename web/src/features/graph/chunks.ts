import { later } from '../../lib/later.ts'

export const Canvas = later(() => import('./canvas.tsx'), 'Canvas')
export const GraphView = later(() => import('./graph-view.tsx'), 'GraphView')
export const PathView = later(() => import('./path-view.tsx'), 'PathView')

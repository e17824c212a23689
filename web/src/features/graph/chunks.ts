import { later } from '../../lib/later.tsx'

export const Canvas = later(() => import('./canvas.tsx'), 'Canvas')
export const GraphView = later(() => import('./graph-view.tsx'), 'GraphView')
export const NoSystems = later(() => import('./no-systems.tsx'), 'NoSystems')
export const PathView = later(() => import('./path-view.tsx'), 'PathView')

import { later } from '../../lib/later.tsx'

export const Providers = later(() => import('./providers-panel.tsx'), 'Providers')

import { later } from '../../lib/later.tsx'

export const ApisTable = later(() => import('./apis-table.tsx'), 'ApisTable')

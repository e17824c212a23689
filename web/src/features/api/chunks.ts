import { later } from '../../lib/later.ts'

export const ApisTable = later(() => import('./apis-table.tsx'), 'ApisTable')

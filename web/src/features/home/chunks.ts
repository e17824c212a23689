import { later } from '../../lib/later.tsx'

export const OwnershipQuestions = later(() => import('../ownership/beside.ts'), 'OwnershipQuestions')

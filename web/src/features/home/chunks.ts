import { later } from '../../lib/later.tsx'

export const OwnershipQuestions = later(() => import('../ownership/home-questions.tsx'), 'OwnershipQuestions')

import { later } from '../../lib/later.tsx'

export const AnswerDialog = later(() => import('./answer-dialog.tsx'), 'AnswerDialog')
export const ClaimDialog = later(() => import('./claim-dialog.tsx'), 'ClaimDialog')

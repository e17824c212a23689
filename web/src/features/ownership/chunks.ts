import { later } from '../../lib/later.tsx'

export const AliasDialog = later(() => import('./alias-dialog.tsx'), 'AliasDialog')
export const AnswerDialog = later(() => import('./answer-dialog.tsx'), 'AnswerDialog')
export const ClaimResults = later(() => import('./claim-results.tsx'), 'ClaimResults')
export const ClaimDialog = later(() => import('./claim-dialog.tsx'), 'ClaimDialog')

// What stands on pages of others comes as one piece of code.
export { OwnershipQuestions, loadQuestions } from './home-questions.tsx'
export { OwnerStanding, loadStanding } from './owner-standing.tsx'

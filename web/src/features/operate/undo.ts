import { page } from '../../lib/paths.ts'
import { errorSentence } from '../../ui/strip.tsx'
import { say } from '../../ui/toast.tsx'
import type { ProblemTab } from './problems-search.ts'

/** Says how an undo ended. The place that offered it may be gone, so a failure names the list where it can be done by hand. */
export function sayUndone<T>(undone: Promise<T>, done: (result: T) => string, failed: string, list: ProblemTab): void {
  void undone.then(
    (result) => {
      say(done(result))
    },
    (error: unknown) => {
      say(`${failed} ${errorSentence(error)}`, {
        to: page.problems,
        search: { tab: list },
        words: list === 'removed' ? 'See Removed' : 'See Missing',
      })
    },
  )
}

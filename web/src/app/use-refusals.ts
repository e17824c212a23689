import { useEffect } from 'react'
import { settings } from '../lib/settings.ts'
import { errorSentence } from '../ui/strip.tsx'
import { say } from '../ui/toast.tsx'

/** Says what was put back. It is done from anywhere and drawn at once, so there is no place where the words could stand. */
export function useRefusals(): void {
  useEffect(
    () =>
      settings.onRefused((words, error) => {
        say(`${words ?? 'A setting'} was not kept. ${errorSentence(error)}`)
      }),
    [],
  )
}

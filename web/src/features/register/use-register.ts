import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useState } from 'react'
import { keys } from '../../lib/keys.ts'
import { register } from './api.ts'
import type { Outcome } from './plan-words.ts'

export interface Registration {
  line: string
  exists: boolean
}

/** Registers many, a few at a time; what became of each is told as it comes. */
export function useRegister() {
  const client = useQueryClient()
  const [outcomes, setOutcomes] = useState<ReadonlyMap<string, Outcome>>(new Map())
  const tell = useCallback((line: string, outcome: Outcome) => {
    setOutcomes((before) => new Map(before).set(line, outcome))
  }, [])
  const start = useCallback(
    async (list: Registration[]) => {
      setOutcomes((before) => new Map([...before, ...list.map(({ line }) => [line, { state: 'waiting' }] as const)]))
      await Promise.all(
        list.map(({ line, exists }) =>
          register(line, exists).then(
            () => {
              tell(line, { state: 'done', again: exists })
            },
            (error: unknown) => {
              tell(line, { state: 'failed', error })
            },
          ),
        ),
      )
      await client.invalidateQueries({ queryKey: keys.sources })
    },
    [client, tell],
  )
  const forget = useCallback(() => {
    setOutcomes(new Map())
  }, [])
  return { outcomes, start, forget }
}

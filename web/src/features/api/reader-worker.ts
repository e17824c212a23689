/// <reference lib="webworker" />
import type { Asked, Told } from './opened.ts'
import type { Reading } from './read/model.ts'
import { readDefinition } from './read/read.ts'

// Takes a definition apart beside the page, which stays quick however large it is. What goes back is an outline, or one entry.

declare const self: DedicatedWorkerGlobalScope

let reading: Reading | undefined

self.onmessage = ({ data }: MessageEvent<Asked>) => {
  const tell = (answer: Told['answer']) => {
    self.postMessage({ id: data.id, answer } satisfies Told)
  }
  switch (data.ask) {
    case 'open': {
      const result = readDefinition(data.type, data.text)
      reading = result.reading
      tell({ language: result.language, outline: reading?.outline, fault: result.fault })
      return
    }
    case 'entry':
      tell(reading?.entry(data.entry))
      return
    case 'fields':
      tell(reading?.fields(data.key) ?? [])
  }
}

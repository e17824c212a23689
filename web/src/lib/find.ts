type Listener = (words: string) => void

const listeners = new Set<Listener>()

/** Opens the finder with these words in it. */
export function find(words: string): void {
  for (const listener of listeners) listener(words)
}

/** For what draws the finder. Returns what ends it. */
export function onFind(listener: Listener): () => void {
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
  }
}

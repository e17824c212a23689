type Listener = () => void

const listeners = new Set<Listener>()

/** What the finder begins with: what a page puts there, then what is typed before the field is there to have it. */
export const begin = { words: '' }

/** Opens the finder with these words in it. */
export function find(words: string): void {
  begin.words = words
  for (const listener of listeners) listener()
}

/** For what draws the finder. Returns what ends it. */
export function onFind(listener: Listener): () => void {
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
  }
}

/** Keeps what is typed until the finder has the keyboard, whatever else has it. Returns what ends it. */
export function keepTyped(close: () => void): () => void {
  const listener = (event: KeyboardEvent) => {
    const { key, target } = event
    if (target instanceof Element && target.closest('[role=dialog]')) return
    if (key === 'Escape') close()
    else if (key === 'Backspace') begin.words = begin.words.slice(0, -1)
    // AltGr, by which some keyboards write @ and #, says that it is Ctrl and Alt.
    else if (key.length === 1 && !event.metaKey && event.ctrlKey === event.altKey) begin.words += key
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  window.addEventListener('keydown', listener, true)
  return () => {
    window.removeEventListener('keydown', listener, true)
    begin.words = ''
  }
}

const apple = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.platform)

/** The key that goes with a letter for a command: ⌘ K or Ctrl K. */
export const modKey = apple ? '⌘' : 'Ctrl'

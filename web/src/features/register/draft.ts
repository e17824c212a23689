const KEY = 'portico-register'

/** What was written and not registered yet: a reload keeps it, another tab has its own. */
export function draft(): string {
  try {
    return sessionStorage.getItem(KEY) ?? ''
  } catch {
    return ''
  }
}

export function keepDraft(text: string): void {
  try {
    if (text.trim() === '') sessionStorage.removeItem(KEY)
    else sessionStorage.setItem(KEY, text)
  } catch {
    // Without storage a reload begins with what the address has.
  }
}

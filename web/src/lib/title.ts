import { useEffect } from 'react'

/** Names the page in the tab; the shell reads it out after a change of route. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Portico`
  }, [title])
}

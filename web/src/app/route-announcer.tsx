import { useRouter } from '@tanstack/react-router'
import { useEffect, useState } from 'react'

/** After a change of page: the focus goes to its heading, and its title is read out. */
export function RouteAnnouncer() {
  const router = useRouter()
  const [said, say] = useState('')
  useEffect(
    () =>
      router.subscribe('onRendered', ({ fromLocation, toLocation, pathChanged }) => {
        if (!fromLocation || !pathChanged) return
        // Tabs of one entity keep the focus on the tab that was chosen.
        if (entityOf(fromLocation.pathname) !== '' && entityOf(fromLocation.pathname) === entityOf(toLocation.pathname))
          return
        window.setTimeout(() => {
          const heading = document.querySelector<HTMLElement>('main h1')
          if (heading) {
            heading.tabIndex = -1
            heading.focus({ preventScroll: true })
          }
          say(document.title)
        }, 50)
      }),
    [router],
  )
  return (
    <p className="sr" aria-live="polite">
      {said}
    </p>
  )
}

function entityOf(pathname: string): string {
  return /^\/catalog\/[^/]+\/[^/]+\/[^/]+/.exec(pathname)?.[0] ?? ''
}

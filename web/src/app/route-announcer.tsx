import { useRouter } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { expectArrival, onArrival } from '../lib/title.ts'

/** After a change of page its title is read out, and its heading has the focus (useTitle moves it there). */
export function RouteAnnouncer() {
  const router = useRouter()
  const [said, say] = useState('')
  useEffect(() => onArrival(say), [])
  useEffect(
    () =>
      router.subscribe('onBeforeNavigate', ({ fromLocation, toLocation, pathChanged }) => {
        if (!fromLocation || !pathChanged) return
        // Tabs of one entity keep the focus on the tab that was chosen.
        const entity = entityOf(toLocation.pathname)
        if (entity !== '' && entity === entityOf(fromLocation.pathname)) return
        expectArrival()
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

import { exact, when } from '../lib/format.ts'
import { useNow } from '../lib/now.ts'

/** A moment: relative up to 7 days, then a date; exact time and zone on hover. */
export function Fresh({ at, className }: { at: string; className?: string }) {
  const now = useNow()
  const date = new Date(at)
  return (
    <time dateTime={at} title={exact(date)} className={className}>
      {when(date, now)}
    </time>
  )
}

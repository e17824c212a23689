import { FirstDay } from '../../ui/first-day.tsx'
import { Head } from './head.tsx'

/** Nothing is there yet: how something gets there. */
export function FirstRun() {
  return (
    <div className="page">
      <Head first="The catalog is empty." />
      <FirstDay />
    </div>
  )
}

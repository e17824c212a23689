import type { Point } from './api.ts'
import { percent } from './insights-words.ts'
import css from './insights.module.css'

const [WIDTH, HEIGHT] = [94, 26]

/** A measure over the last 90 days, between 0 and 100 %. Days on which it was not measured are no points. */
export function Spark({ points }: { points: Point[] }) {
  const last = points.at(-1)
  if (!last) return null
  const at = points.map((p, i) => ({
    x: points.length === 1 ? WIDTH : (i * WIDTH) / (points.length - 1),
    y: HEIGHT - 3 - (percent(p) * (HEIGHT - 6)) / 100,
  }))
  const end = at.at(-1)
  return (
    <svg
      className={css['spark']}
      width={WIDTH}
      height={HEIGHT}
      viewBox={`0 0 ${String(WIDTH)} ${String(HEIGHT)}`}
      aria-hidden="true"
    >
      <polyline points={at.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ')} />
      {end && <circle cx={end.x} cy={end.y} r="2" />}
    </svg>
  )
}

/** "Up 4 points in 30 days", "As 30 days ago"; nothing where there is one day alone. */
export function trendWords(points: Point[]): string {
  const [first, last] = [points[0], points.at(-1)]
  if (!first || !last || first === last) return first ? 'first measured today' : ''
  const days = Math.round((Date.parse(last.day) - Date.parse(first.day)) / 86_400_000)
  const by = percent(last) - percent(first)
  const since = days === 1 ? 'since yesterday' : `in ${String(days)} days`
  if (by === 0) return `unchanged ${since}`
  return `${by > 0 ? 'up' : 'down'} ${String(Math.abs(by))} ${Math.abs(by) === 1 ? 'point' : 'points'} ${since}`
}

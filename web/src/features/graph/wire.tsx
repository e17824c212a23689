import type { Edge, EdgeProps } from '@xyflow/react'
import type { Wire } from './fold.ts'
import css from './canvas.module.css'

export type WireEdge = Edge<{ wire: Wire; path: string; hot: boolean; chosen: boolean; faint: boolean }, 'wire'>

/** A line from who needs to what is needed. Its look says how; red says that a failure comes along it. */
export function WireView({ data }: EdgeProps<WireEdge>) {
  if (!data) return null
  const { wire, path, hot, chosen, faint } = data
  const classes = [css['wire'], css[wire.look], hot && css['hot'], chosen && css['chosen'], faint && css['faintWire']]
  const end = hot ? 'hot' : faint ? 'belong' : wire.look === 'call' ? 'need' : wire.look
  return (
    <>
      <path
        className={classes.filter(Boolean).join(' ')}
        d={path}
        markerEnd={`url(#arrow-${end})`}
        data-wire={wire.id}
      />
      <path className={css['reach']} d={path} />
    </>
  )
}

/** The heads of the lines, once a page. */
export function Arrows() {
  return (
    <svg className={css['arrows']} width="0" height="0" aria-hidden="true">
      <defs>
        {(['need', 'belong', 'provide', 'hot'] as const).map((end) => (
          <marker
            key={end}
            id={`arrow-${end}`}
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="5"
            markerHeight="5"
            orient="auto"
          >
            <path className={css[`head-${end}`]} d="M1.5 1.2l5.5 2.8-5.5 2.8" />
          </marker>
        ))}
      </defs>
    </svg>
  )
}

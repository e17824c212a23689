import { MiniMap, useStore } from '@xyflow/react'
import { count } from '../../lib/words.ts'
import { NODE, type Placed } from './layout.ts'
import css from './outside.module.css'

interface Props {
  placed: Placed
  onAll: () => void
}

/** How much of the graph is outside of the frame and where, with a way to see all of it. Nothing where all is inside. */
export function Outside({ placed, onAll }: Props) {
  // One text, so that a movement that changes nothing of it draws nothing.
  const seen = useStore((s) => outside(placed, s.transform, s.width, s.height))
  const [n = 0, left, top, right, bottom] = seen.split(' ').map(Number)
  if (n === 0) return null
  return (
    <>
      {left ? <span className={`${css['fade'] ?? ''} ${css['left'] ?? ''}`} /> : null}
      {top ? <span className={`${css['fade'] ?? ''} ${css['top'] ?? ''}`} /> : null}
      {right ? <span className={`${css['fade'] ?? ''} ${css['right'] ?? ''}`} /> : null}
      {bottom ? <span className={`${css['fade'] ?? ''} ${css['bottom'] ?? ''}`} /> : null}
      <button type="button" className={css['more']} onClick={onAll}>
        {count(n, 'box is', 'boxes are')} outside <b>Show all</b>
      </button>
      <MiniMap
        pannable
        position="bottom-center"
        zoomable={false}
        ariaLabel={null}
        className={css['map'] ?? ''}
        nodeClassName={(node) => (node.type === 'region' ? (css['region'] ?? '') : (css['node'] ?? ''))}
        nodeBorderRadius={12}
        offsetScale={2}
      />
    </>
  )
}

function outside(placed: Placed, [x, y, zoom]: [number, number, number], width: number, height: number): string {
  let n = 0
  const at = [0, 0, 0, 0]
  if (width === 0) return '0'
  for (const p of placed.at.values()) {
    const [middle, line] = [(p.x + NODE.width / 2) * zoom + x, (p.y + NODE.height / 2) * zoom + y]
    const out = [middle < 0, line < 0, middle > width, line > height]
    if (!out.includes(true)) continue
    n++
    out.forEach((is, side) => {
      if (is) at[side] = 1
    })
  }
  return [n, ...at].join(' ')
}

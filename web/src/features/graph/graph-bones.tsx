import { CanvasBones } from './canvas-bones.tsx'
import css from './graph.module.css'

/** The frame of a graph that is on its way, with the inspector's place beside it. */
export function GraphBones() {
  return (
    <div className={css['frame']}>
      <div className={css['stage']}>
        <CanvasBones />
      </div>
      <div className={css['inspector']} />
    </div>
  )
}

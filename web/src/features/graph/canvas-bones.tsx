import css from './canvas-bones.module.css'

/** As many boxes in each column as a neighbourhood has about: users, what it is about, what it needs. */
const columns = [3, 1, 4]

/** A canvas whose boxes are being placed: boxes in the size that they will have, on the ground that they will stand on. */
export function CanvasBones() {
  return (
    <div className={css['ground']} aria-busy="true">
      <span className="sr" role="status">
        Laying out
      </span>
      <div className={css['columns']} aria-hidden="true">
        {columns.map((boxes, i) => (
          <div key={i} className={css['column']}>
            {Array.from({ length: boxes }, (_, n) => (
              <span key={n} className={css['box']} />
            ))}
          </div>
        ))}
      </div>
    </div>
  )
}

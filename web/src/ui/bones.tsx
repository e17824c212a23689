import css from './bones.module.css'

const widths = ['w1', 'w2', 'w3', 'w4'] as const

/** Rows in their final geometry while their content is on its way; invisible for the first 200 ms. */
export function RowBones({ rows = 8 }: { rows?: number }) {
  return (
    <div className={css['bones']} aria-busy="true">
      <span className="sr" role="status">
        Loading
      </span>
      {Array.from({ length: rows }, (_, i) => (
        <div key={i} className={css['row']} aria-hidden="true">
          <span className={css['tile']} />
          <span className={`${css['bone'] ?? ''} ${css[widths[i % 4] ?? 'w1'] ?? ''}`} />
          <span className="grow" />
          <span className={`${css['bone'] ?? ''} ${css[widths[(i + 1) % 4] ?? 'w2'] ?? ''}`} />
        </div>
      ))}
    </div>
  )
}

/** A heading's line while its words are on their way. */
export function HeadingBone() {
  return (
    <span className={css['bones']} aria-hidden="true">
      <span className={`${css['bone'] ?? ''} ${css['h1'] ?? ''}`} />
    </span>
  )
}

/** A page whose heading and list are not there yet. */
export function PageBones() {
  return (
    <div className="page">
      <div className={css['head']}>
        <HeadingBone />
      </div>
      <RowBones rows={10} />
    </div>
  )
}

import css from './facet-bones.module.css'

/** In the place of the values while they are on their way; invisible for the first 200 ms. */
export function FacetBones() {
  return (
    <div className={css['bones']} aria-hidden="true">
      {Array.from({ length: 12 }, (_, i) => (
        <span key={i} />
      ))}
    </div>
  )
}

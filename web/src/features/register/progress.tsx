import css from './register.module.css'

/** How far it is, as a bar. */
export function Progress({ label, value, max }: { label: string; value: number; max: number }) {
  return <progress className={css['progress']} aria-label={label} value={value} max={max} />
}

import type { LucideIcon } from 'lucide-react'
import { Icon } from './icon.tsx'
import css from './segmented.module.css'

interface Option<T extends string> {
  value: T
  label: string
  icon?: LucideIcon
}

interface Props<T extends string> {
  /** What is chosen; read out, and not drawn. */
  label: string
  value: T
  options: Option<T>[]
  onChange: (value: T) => void
}

/** One of a few, side by side. What is chosen stands on the sheet. */
export function Segmented<T extends string>({ label, value, options, onChange }: Props<T>) {
  return (
    <div className={css['segments']} role="group" aria-label={label}>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          onClick={() => {
            onChange(option.value)
          }}
        >
          {option.icon && <Icon of={option.icon} size={14} />}
          {option.label}
        </button>
      ))}
    </div>
  )
}

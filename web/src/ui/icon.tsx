import type { LucideIcon } from 'lucide-react'

/** A general icon at our weight. Words stand beside it, or the control that holds it has a label. */
export function Icon({ of: Drawing, size = 16 }: { of: LucideIcon; size?: 12 | 14 | 16 | 18 | 20 }) {
  return <Drawing size={size} strokeWidth={size < 14 ? 1.25 : 1.5} absoluteStrokeWidth aria-hidden="true" />
}

import type { ReactNode } from 'react'
import css from './status.module.css'

export type StatusShape = 'ok' | 'warn' | 'bad' | 'unknown' | 'stale' | 'run'

const meaning: Record<StatusShape, string> = {
  ok: 'Fine',
  warn: 'Needs attention',
  bad: 'Broken',
  unknown: 'Not known',
  stale: 'Out of date',
  run: 'Running',
}

const shapes: Record<StatusShape, ReactNode> = {
  ok: <circle cx="6" cy="6" r="4.5" fill="currentColor" />,
  warn: (
    <path
      d="M5.200 1.600 .9 9.300a.9.9 0 0 0 .8 1.350h8.600a.9.9 0 0 0 .8-1.350L6.800 1.600a.92.92 0 0 0-1.600 0Z"
      fill="currentColor"
    />
  ),
  bad: (
    <path
      d="M6 .4 11.600 6 6 11.600.4 6Z"
      fill="currentColor"
      stroke="currentColor"
      strokeWidth=".8"
      strokeLinejoin="round"
    />
  ),
  unknown: (
    <circle cx="6" cy="6" r="4" fill="none" stroke="currentColor" strokeWidth="1.5" strokeDasharray="2.1 2.088" />
  ),
  stale: (
    <>
      <circle cx="6" cy="6" r="4.4" fill="none" stroke="currentColor" strokeWidth="1.4" />
      <path d="M6 3.700V6l1.500 1" fill="none" stroke="currentColor" strokeWidth="1.3" strokeLinecap="round" />
    </>
  ),
  run: (
    <>
      <circle cx="6" cy="6" r="4.25" fill="none" stroke="currentColor" strokeWidth="1.5" opacity=".28" />
      <path
        d="M6 1.750A4.250 4.250 0 0 1 10.250 6"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.6"
        strokeLinecap="round"
      />
    </>
  ),
}

interface StatusProps {
  shape: StatusShape
  size?: 'normal' | 'large'
  /** What it says to those who do not see it; `null` when words stand beside it. */
  label?: string | null
}

/** A live state as a shape that reads without colour: disc, triangle, diamond, dashed ring, clock, arc. */
export function Status({ shape, size = 'normal', label = meaning[shape] }: StatusProps) {
  const className = `${css['status'] ?? ''} ${css[shape] ?? ''} ${size === 'large' ? (css['large'] ?? '') : ''}`
  const named = label === null ? { 'aria-hidden': true } : { role: 'img', 'aria-label': label }
  return (
    <svg viewBox="0 0 12 12" className={className} {...named}>
      {shapes[shape]}
    </svg>
  )
}

/** Shape and words. The words carry the meaning. */
export function Health({ shape, children }: { shape: StatusShape; children: ReactNode }) {
  return (
    <span className={css['health']}>
      <Status shape={shape} label={null} />
      <span className={`${css['words'] ?? ''} cut`}>{children}</span>
    </span>
  )
}

import type { ReactNode } from 'react'
import css from './tag.module.css'

interface Props {
  tone?: 'plain' | 'dashed' | 'warn' | 'brand'
  children: ReactNode
}

export function Tag({ tone = 'plain', children }: Props) {
  return <span className={`${css['tag'] ?? ''} ${tone === 'plain' ? '' : (css[tone] ?? '')}`}>{children}</span>
}

/** Production is plain text, experimental dashed, deprecated amber; any other word is plain. */
export function Lifecycle({ value }: { value: string | undefined }) {
  if (!value) return <Absent />
  const key = value.toLowerCase()
  if (key === 'experimental') return <Tag tone="dashed">{value}</Tag>
  if (key === 'deprecated') return <Tag tone="warn">{value}</Tag>
  return <>{value}</>
}

/** A cell that has nothing to say. */
export function Absent({ why = 'Not set' }: { why?: string }) {
  return (
    <span className="quiet" title={why}>
      <span aria-hidden="true">–</span>
      <span className="sr">{why}</span>
    </span>
  )
}

import type { Tone } from './read/model.ts'
import css from './badge.module.css'

/** How something is asked: GET, RPC, QUERY. What only reads is quiet, what changes something is ink; colours are for kinds and states. */
export function Badge({ tone = 'plain', children }: { tone?: Tone | undefined; children: string }) {
  const writes = tone === 'make' || tone === 'change' || tone === 'remove'
  return (
    <span className={`${css['badge'] ?? ''} ${writes ? (css['writes'] ?? '') : ''}`}>
      {short[children] ?? children}
    </span>
  )
}

const short: Record<string, string> = {
  DELETE: 'DEL',
  OPTIONS: 'OPT',
  MUTATION: 'MUT',
  RESOURCE: 'RES',
  TEMPLATE: 'TPL',
  PACKAGE: 'PKG',
  RECEIVE: 'RECV',
}

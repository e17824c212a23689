import type { Tone } from './read/model.ts'
import css from './badge.module.css'

/** How something is asked: GET, RPC, QUERY. The word tells; its colour only helps. */
export function Badge({ tone = 'plain', children }: { tone?: Tone | undefined; children: string }) {
  return <span className={`${css['badge'] ?? ''} ${css[tone] ?? ''}`}>{short[children] ?? children}</span>
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

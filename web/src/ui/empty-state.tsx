import type { ReactNode } from 'react'
import css from './empty-state.module.css'

type Door = 'lit' | 'open' | 'shut' | 'grey'

const doors: Record<Door, ReactNode> = {
  lit: (
    <>
      <path d="M38 62V40a10 10 0 0 1 20 0V62" fill="var(--lamp)" stroke="none" />
      <path d="M38 62H58L66 71H30Z" fill="var(--lamp-soft)" stroke="none" opacity=".55" />
    </>
  ),
  open: <path d="M38 62V40a10 10 0 0 1 20 0V62" strokeDasharray="3 3" />,
  shut: <path d="M38 62V40a10 10 0 0 1 20 0V62M48 30V62M45 48v2M51 48v2" />,
  grey: <path d="M38 62V40a10 10 0 0 1 20 0V62" fill="var(--n-3)" />,
}

interface Props {
  /** lit: first day · open: no match, gone · shut: not allowed · grey: failed. */
  door: Door
  title: ReactNode
  children?: ReactNode
  actions?: ReactNode
  /** As the page's own heading, where nothing else is on it. */
  asPage?: boolean
}

/** Never a dead end: what is not there, why, and the next step. */
export function EmptyState({ door, title, children, actions, asPage = false }: Props) {
  const Heading = asPage ? 'h1' : 'h2'
  return (
    <div className={css['empty']}>
      <svg className={css['draw']} viewBox="0 0 96 72" width="96" height="72" aria-hidden="true">
        <g fill="none" stroke="var(--line-control)" strokeWidth="1.25" strokeLinejoin="round">
          <path d="M8 10H88V18H8ZM14 22H24V62H14ZM72 22H82V62H72ZM2 62H94" />
          {doors[door]}
        </g>
      </svg>
      <Heading tabIndex={asPage ? -1 : undefined}>{title}</Heading>
      {children}
      {actions && <div className={css['acts']}>{actions}</div>}
    </div>
  )
}

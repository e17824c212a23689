import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { Tag } from '../../ui/tag.tsx'
import { Badge } from './badge.tsx'
import type { Item } from './read/model.ts'
import css from './brief.module.css'

/** So many are listed, with the way to all of them. */
const FIRST = 8

interface Props {
  items: Item[]
  /** The page that shows them. */
  to: string
  /** Leads to the others, where there are any. */
  more?: ReactNode
}

/** The first things of a definition by name. */
export function FirstItems({ items, to, more }: Props) {
  const some = items.length > FIRST + 1
  return (
    <ul className="hairlines">
      {(some ? items.slice(0, FIRST) : items).map((item) => (
        <li key={item.id} className={css['row']}>
          {item.badge && <Badge tone={item.tone}>{item.badge}</Badge>}
          <Link className={css['label']} to={to} search={{ at: item.id }}>
            {item.label}
          </Link>
          {item.deprecated && <Tag tone="warn">deprecated</Tag>}
          <span className={`${css['note'] ?? ''} cut`}>{item.note}</span>
        </li>
      ))}
      {some && more && <li>{more}</li>}
    </ul>
  )
}

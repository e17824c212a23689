import { CircleDashed, Pencil, Plus, RotateCcw, Trash2, type LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import { alone } from '../../lib/change-words.ts'
import { locationTarget, shortPath } from '../../lib/format.ts'
import type { Change, ChangeOp } from '../../lib/portico.ts'
import { Actor } from '../../ui/actor.tsx'
import { Fresh } from '../../ui/fresh.tsx'
import { Icon } from '../../ui/icon.tsx'
import css from './change-line.module.css'

const icons: Record<ChangeOp, LucideIcon> = {
  created: Plus,
  updated: Pencil,
  missing: CircleDashed,
  returned: RotateCcw,
  removed: Trash2,
  restored: RotateCcw,
}

/** One change of an entity in a timeline; `children` are its details. */
export function ChangeLine({ change, children }: { change: Change; children?: ReactNode }) {
  return (
    <li className={css['line']}>
      <span className={css['dot']}>
        <Icon of={icons[change.op]} size={14} />
      </span>
      <div className={css['words']}>
        {alone(change)}
        {change.op === 'created' && change.source && (
          <>
            {' '}
            from{' '}
            <span className="mono small" title={locationTarget(change.source)}>
              {shortPath(locationTarget(change.source))}
            </span>
          </>
        )}
        <Actor actor={change.actor} />
        {children}
      </div>
      <Fresh at={change.at} className={css['when'] ?? ''} />
    </li>
  )
}

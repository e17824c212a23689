import { Link } from '@tanstack/react-router'
import { Check } from 'lucide-react'
import { parseRef, refOf, text, titleOf } from '../lib/entity.ts'
import { stateWords, type Standing } from '../lib/owned.ts'
import { page } from '../lib/paths.ts'
import { ownerRef } from '../lib/summaries.ts'
import { Fresh } from './fresh.tsx'
import { Icon } from './icon.tsx'
import { KindGlyph } from './kind-glyph.tsx'
import { Owner } from './owner.tsx'
import { Health, type StatusShape } from './status.tsx'
import { Absent, Lifecycle } from './tag.tsx'
import css from './standings.module.css'

interface Props {
  items: Standing[]
  /** Whose each is stands in a column, where they are of several. */
  owner?: boolean
}

/** What somebody owns, a row each: its state, its lifecycle, and when it changed. */
export function Standings({ items, owner = false }: Props) {
  return (
    <table className={css['own']} data-owner={owner || undefined}>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">State</th>
          {owner && <th scope="col">Owner</th>}
          <th scope="col">Lifecycle</th>
          <th scope="col">Changed</th>
        </tr>
      </thead>
      <tbody>
        {items.map((standing) => (
          <Row key={refOf(standing.entity)} standing={standing} owner={owner} />
        ))}
      </tbody>
    </table>
  )
}

/** By level. What is in order wears no shape: the disc says that something runs, and of that nothing is known here. */
const shapes: Record<number, StatusShape> = { 1: 'warn', 2: 'warn', 3: 'bad' }

function InOrder({ children }: { children: string }) {
  return (
    <span className={css['inOrder']}>
      <Icon of={Check} size={12} />
      <span className="cut">{children}</span>
    </span>
  )
}

function Row({ standing, owner }: { standing: Standing; owner: boolean }) {
  const { entity, level, changedAt } = standing
  const ref = refOf(entity)
  const by = text(entity.spec?.['owner'])
  return (
    <tr>
      <td>
        <span className={css['who']}>
          <KindGlyph kind={parseRef(ref).kind} />
          <Link to={page.entity(ref)} className="cut">
            <b>{titleOf(entity)}</b>
          </Link>
        </span>
      </td>
      <td className={level === 0 ? css['calm'] : undefined} title={stateWords(standing)}>
        {level === 0 ? (
          <InOrder>{stateWords(standing)}</InOrder>
        ) : (
          <Health shape={shapes[level] ?? 'warn'}>{stateWords(standing)}</Health>
        )}
      </td>
      {owner && (
        <td className={`${css['by'] ?? ''} muted`}>
          {by ? <Owner owner={ownerRef(by, entity.metadata.namespace)} /> : <Absent why="Not known" />}
        </td>
      )}
      <td className={`${css['cycle'] ?? ''} muted`}>
        <Lifecycle value={text(entity.spec?.['lifecycle'])} />
      </td>
      <td className={`${css['when'] ?? ''} muted`}>
        {changedAt ? <Fresh at={changedAt} /> : <Absent why="Not known" />}
      </td>
    </tr>
  )
}

import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { refOf, relationCount, relationsOf, text, titleOf, type Entity } from '../../lib/entity.ts'
import { page } from '../../lib/paths.ts'
import { number, typeName } from '../../lib/words.ts'
import { EntityName } from '../../ui/entity-link.tsx'
import { KindGlyph } from '../../ui/kind-glyph.tsx'
import { Owner } from '../../ui/owner.tsx'
import { Absent, Lifecycle } from '../../ui/tag.tsx'
import { callers } from './apis-words.ts'
import css from './apis.module.css'

export type Column = 'type' | 'owner' | 'system' | 'lifecycle' | 'by' | 'calls'

const heads: Record<Column, string> = {
  type: 'Type',
  owner: 'Owner',
  system: 'System',
  lifecycle: 'Lifecycle',
  by: 'Provided by',
  calls: 'Callers',
}

export function Heads({ columns, phone }: { columns: readonly Column[]; phone: boolean }) {
  return (
    <thead className={phone ? 'sr' : undefined}>
      <tr>
        <th scope="col">Name</th>
        {!phone &&
          columns.map((c) => (
            <th key={c} scope="col" className={css[c]}>
              {heads[c]}
            </th>
          ))}
      </tr>
    </thead>
  )
}

interface Props {
  index: number
  /** Undefined: it is on its way. */
  api: Entity | undefined
  columns: readonly Column[]
  phone: boolean
}

/** An API as a row: a cell for each column, on a phone two lines that say the same. */
export function ApiRow({ index, api, columns, phone }: Props) {
  if (!api) {
    return (
      <tr aria-rowindex={index + 2} aria-busy="true">
        <td className={css['name']} colSpan={phone ? 1 : columns.length + 1}>
          <span className={css['bone']} />
        </td>
      </tr>
    )
  }
  return (
    <tr aria-rowindex={index + 2}>
      <td className={css['name']}>
        <div>
          <KindGlyph kind="api" />
          <Link to={page.entity(refOf(api))} data-row className="cut">
            <b>{titleOf(api)}</b>
          </Link>
          {!phone && <span className={`${css['about'] ?? ''} cut`}>{api.metadata.description}</span>}
        </div>
        {phone && <Under api={api} owner={columns.includes('owner')} />}
      </td>
      {!phone &&
        columns.map((c) => (
          <td key={c} className={`${css[c] ?? ''} ${c === 'calls' ? 'num' : ''}`}>
            {cells[c](api)}
          </td>
        ))}
    </tr>
  )
}

const cells: Record<Column, (api: Entity) => ReactNode> = {
  type: (api) => typeName(text(api.spec?.['type'])) ?? <Absent />,
  owner: (api) => <Owner owner={relationsOf(api, 'ownedBy')[0]} />,
  system: (api) => {
    const system = relationsOf(api, 'partOf').find((r) => r.startsWith('system:'))
    return system ? <EntityName entityRef={system} /> : <Absent />
  },
  lifecycle: (api) => <Lifecycle value={text(api.spec?.['lifecycle'])} />,
  by: (api) => {
    const first = relationsOf(api, 'apiProvidedBy')[0]
    const others = relationCount(api, 'apiProvidedBy') - 1
    if (!first) return <Absent why="No provider known" />
    return (
      <>
        <EntityName entityRef={first} />
        {others > 0 && <span className="quiet"> and {number(others)} more</span>}
      </>
    )
  },
  calls: (api) => {
    const n = callers(api)
    return n > 0 ? number(n) : <Absent why="No caller known" />
  },
}

/** The second line of a phone. */
function Under({ api, owner }: { api: Entity; owner: boolean }) {
  const lifecycle = text(api.spec?.['lifecycle'])
  const n = callers(api)
  return (
    <div className={css['under']}>
      <span>{typeName(text(api.spec?.['type']))}</span>
      {lifecycle && (
        <span>
          <Lifecycle value={lifecycle} />
        </span>
      )}
      {n > 0 && <span>{n === 1 ? '1 caller' : `${number(n)} callers`}</span>}
      {owner && (
        <span className={css['whose']}>
          <Owner owner={relationsOf(api, 'ownedBy')[0]} link={false} />
        </span>
      )}
    </div>
  )
}

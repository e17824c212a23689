import type { ReactNode } from 'react'
import { parseRef, record, relationCount, relationsOf, strings, text, tierOf, type Entity } from '../../lib/entity.ts'
import { inline } from '../../lib/format.ts'
import { ownerRef } from '../../lib/summaries.ts'
import { count, number, typeName } from '../../lib/words.ts'
import { EntityName } from '../../ui/entity-link.tsx'
import { Fresh } from '../../ui/fresh.tsx'
import { Owner } from '../../ui/owner.tsx'
import { Absent, Lifecycle } from '../../ui/tag.tsx'
import { TEAMS } from './catalog-query.ts'
import { CHANGED, chosenColumns, columnFacts, valueAt } from './column-fields.ts'

export interface Column {
  /** Also the class that gives its width and says when it is shed (table.module.css). */
  id: string
  head: string
  sort?: string | undefined
  cell: (entity: Entity) => ReactNode
}

const partOf = (field: 'system' | 'domain') => (e: Entity) => (
  <Named kind={field} value={text(e.spec?.[field])} namespace={e.metadata.namespace} />
)

const cells: Record<string, (entity: Entity) => ReactNode> = {
  owner: (e) => (
    <Owner owner={ownerOf(e)} inferred={e.metadata.annotations?.['portico.dev/owner-inferred'] === 'true'} />
  ),
  system: partOf('system'),
  domain: partOf('domain'),
  type: (e) => typeName(text(e.spec?.['type'])) ?? <Absent />,
  lifecycle: (e) => <Lifecycle value={text(e.spec?.['lifecycle'])} />,
  tier: (e) => tierOf(e) ?? <Absent why="No tier" />,
  tags: (e) => e.metadata.tags?.join(', ') || <Absent why="No tags" />,
  changed: (e) => {
    const at = text(valueAt(e, CHANGED))
    return at ? <Fresh at={at} /> : <Absent why="Nobody knows when" />
  },
  namespace: (e) => e.metadata.namespace ?? 'default',
  parent: (e) => <Named kind="group" value={text(e.spec?.['parent'])} namespace={e.metadata.namespace} />,
  members: (e) => {
    const n = relationCount(e, 'hasMember')
    return n > 0 ? count(n, 'person', 'people') : <Absent why="No members" />
  },
  teams: (e) => {
    const refs = relationsOf(e, 'memberOf').slice(0, TEAMS)
    const others = relationCount(e, 'memberOf') - refs.length
    if (refs.length === 0) return <Absent why="In no team" />
    return (
      <span className="row cut">
        {refs.map((ref) => (
          <Owner key={ref} owner={ref} />
        ))}
        {others > 0 && <span className="quiet">+{number(others)}</span>}
      </span>
    )
  },
  email: (e) => text(record(e.spec?.['profile'])?.['email']) ?? <Absent why="No e-mail" />,
  targets: (e) =>
    [...strings(e.spec?.['target']), ...strings(e.spec?.['targets'])].join(', ') || <Absent why="No targets" />,
}

/** Who owns it, as a full ref. */
export function ownerOf(e: Entity): string | undefined {
  const named = text(e.spec?.['owner'])
  return named ? ownerRef(named, e.metadata.namespace) : undefined
}

export function columnsOf(kind: string, cols: string[] | undefined): Column[] {
  return chosenColumns(kind, cols).map((id) => {
    const { head, sort } = columnFacts(id)
    return { id, head, sort, cell: cells[id] ?? ((e) => <Value of={valueAt(e, id)} />) }
  })
}

/** Whatever stands in a field: texts and lists of them as they are, the rest as JSON. */
function Value({ of: value }: { of: unknown }) {
  if (value === undefined || value === null || value === '') return <Absent />
  const list = Array.isArray(value) && value.every((v) => typeof v === 'string')
  return <>{list ? value.join(', ') : inline(value)}</>
}

function Named({ kind, value, namespace }: { kind: string; value: string | undefined; namespace: string | undefined }) {
  if (!value) return <Absent />
  const parts = parseRef(value, { kind, namespace: namespace ?? 'default' })
  return <EntityName entityRef={`${parts.kind}:${parts.namespace}/${parts.name}`.toLowerCase()} />
}

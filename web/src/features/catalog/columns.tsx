import type { ReactNode } from 'react'
import { parseRef, record, relationsOf, strings, text, tierOf, type Entity } from '../../lib/entity.ts'
import { ownerRef } from '../../lib/summaries.ts'
import { count } from '../../lib/words.ts'
import { EntityName } from '../../ui/entity-link.tsx'
import { Owner } from '../../ui/owner.tsx'
import { Absent, Lifecycle } from '../../ui/tag.tsx'
import type { SortField } from './catalog-search.ts'

export interface Column {
  /** Also the class that gives its width and says when it is shed (table.module.css). */
  id: string
  head: string
  sort?: SortField
  cell: (entity: Entity) => ReactNode
}

const owner: Column = {
  id: 'owner',
  head: 'Owner',
  sort: 'owner',
  cell: (e) => {
    const named = text(e.spec?.['owner'])
    return <Owner owner={named ? ownerRef(named, e.metadata.namespace) : undefined} />
  },
}

const partOf = (field: 'system' | 'domain', head: string): Column => ({
  id: 'system',
  head,
  cell: (e) => <Named kind={field} value={text(e.spec?.[field])} namespace={e.metadata.namespace} />,
})

const type: Column = { id: 'type', head: 'Type', sort: 'type', cell: (e) => text(e.spec?.['type']) ?? <Absent /> }

const lifecycle: Column = {
  id: 'lifecycle',
  head: 'Lifecycle',
  sort: 'lifecycle',
  cell: (e) => <Lifecycle value={text(e.spec?.['lifecycle'])} />,
}

const tier: Column = { id: 'tier', head: 'Tier', cell: (e) => tierOf(e) ?? <Absent why="No tier" /> }

const parent: Column = {
  id: 'parent',
  head: 'Under',
  cell: (e) => <Named kind="group" value={text(e.spec?.['parent'])} namespace={e.metadata.namespace} />,
}

const members: Column = {
  id: 'members',
  head: 'Members',
  cell: (e) => {
    const n = relationsOf(e, 'hasMember').length
    return n > 0 ? count(n, 'person', 'people') : <Absent why="No members" />
  },
}

const teams: Column = {
  id: 'teams',
  head: 'Teams',
  cell: (e) => {
    const refs = relationsOf(e, 'memberOf')
    if (refs.length === 0) return <Absent why="In no team" />
    return (
      <span className="row cut">
        {refs.slice(0, 2).map((ref) => (
          <Owner key={ref} owner={ref} />
        ))}
        {refs.length > 2 && <span className="quiet">+{refs.length - 2}</span>}
      </span>
    )
  },
}

const email: Column = {
  id: 'email',
  head: 'E-mail',
  cell: (e) => text(record(e.spec?.['profile'])?.['email']) ?? <Absent why="No e-mail" />,
}

const targets: Column = {
  id: 'targets',
  head: 'Targets',
  cell: (e) =>
    [...strings(e.spec?.['target']), ...strings(e.spec?.['targets'])].join(', ') || <Absent why="No targets" />,
}

/** Columns after the name, by kind; a kind of one's own shows owner and type. */
const byKind: Record<string, Column[]> = {
  component: [owner, partOf('system', 'System'), type, lifecycle, tier],
  api: [owner, partOf('system', 'System'), type, lifecycle],
  resource: [owner, partOf('system', 'System'), type],
  system: [owner, partOf('domain', 'Domain')],
  domain: [owner],
  group: [type, parent, members],
  user: [teams, email],
  template: [owner, type],
  location: [type, targets],
}

export function columnsOf(kind: string): Column[] {
  return byKind[kind] ?? [owner, type]
}

function Named({ kind, value, namespace }: { kind: string; value: string | undefined; namespace: string | undefined }) {
  if (!value) return <Absent />
  const parts = parseRef(value, { kind, namespace: namespace ?? 'default' })
  return <EntityName entityRef={`${parts.kind}:${parts.namespace}/${parts.name}`.toLowerCase()} />
}

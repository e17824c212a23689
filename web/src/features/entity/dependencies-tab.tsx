import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useMemo } from 'react'
import { refOf, titleOf } from '../../lib/entity.ts'
import { page } from '../../lib/paths.ts'
import { GraphView } from '../graph/chunks.ts'
import { usualRelations, type GraphSearch } from '../graph/graph-search.ts'
import { RowBones } from '../../ui/bones.tsx'
import { useEntity } from './use-entity.ts'

/** What breaks with it, what does it break with? The whole state stands in the URL. */
export function DependenciesTab() {
  const entity = useEntity()
  const ref = refOf(entity)
  const search = useSearch({ strict: false }) as GraphSearch
  const navigate = useNavigate()
  const roots = useMemo(() => [ref], [ref])
  const go = (next: GraphSearch, replace = false) =>
    void navigate({ to: page.entity(ref, 'dependencies'), search: next, replace, resetScroll: false })
  return (
    <>
      <GraphView
        meanwhile={<RowBones rows={6} />}
        roots={roots}
        name={titleOf(entity)}
        usual={usualRelations(
          roots,
          entity.relations?.map((r) => r.type),
        )}
        search={search}
        go={go}
        onFocus={(other) =>
          void navigate({
            to: page.entity(other, 'dependencies'),
            search: { ...search, at: undefined, open: undefined, more: undefined },
            resetScroll: false,
          })
        }
      />
      <p className="small">
        <Link className="link" to={page.graph} search={{ ref: [ref] }}>
          Explore from here in the graph of everything
        </Link>
      </p>
    </>
  )
}

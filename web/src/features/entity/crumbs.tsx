import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { parseRef, relationsOf, type Entity } from '../../lib/entity.ts'
import { page } from '../../lib/paths.ts'
import { capital, kindWords } from '../../lib/words.ts'
import { EntityName } from '../../ui/entity-link.tsx'
import { entityQuery } from './api.ts'
import css from './entity.module.css'

/** Domain › system › kind; for a team the team above it. What stands in nothing begins with the catalog. */
export function Crumbs({ entity }: { entity: Entity }) {
  const first = parentOf(entity)
  const above = useQuery({
    ...entityQuery(first ?? ''),
    enabled: first !== undefined && parseRef(first).kind === 'system',
  })
  const second = above.data ? parentOf(above.data) : undefined
  const kind = entity.kind.toLowerCase()
  return (
    <nav aria-label="Where it stands">
      <ol className={css['crumbs']}>
        {!first && (
          <li>
            <Link to={page.catalog}>Catalog</Link>
          </li>
        )}
        {[second, first]
          .filter((ref) => ref !== undefined)
          .map((ref) => (
            <li key={ref}>
              <EntityName entityRef={ref} />
            </li>
          ))}
        <li>
          <Link to={page.catalog} search={{ kind }}>
            {capital(kindWords(entity.kind).one)}
          </Link>
        </li>
      </ol>
    </nav>
  )
}

/** The system, domain or team in which it stands: what it is part of, preferring the nearest. */
export function parentOf(entity: Entity): string | undefined {
  const parts = [...relationsOf(entity, 'partOf'), ...relationsOf(entity, 'childOf')]
  const rank = ['component', 'system', 'domain', 'group']
  return parts.sort((a, b) => rank.indexOf(parseRef(a).kind) - rank.indexOf(parseRef(b).kind))[0]
}

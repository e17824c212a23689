import { useQuery } from '@tanstack/react-query'
import { parseRef } from '../../lib/entity.ts'
import { nearQuery } from '../../lib/near.ts'
import { page } from '../../lib/paths.ts'
import { kindWords } from '../../lib/words.ts'
import { LinkButton } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { EntityLink } from '../../ui/entity-link.tsx'
import { pastQuery } from './api.ts'
import { EntityRemoved } from './entity-removed.tsx'
import css from './entity-missing.module.css'

const FEW = 5

/** No entity has this ref: says so, and offers what comes near. */
export function EntityMissing({ entityRef }: { entityRef: string }) {
  const { kind, namespace, name } = parseRef(entityRef)
  const { data: near } = useQuery(nearQuery(entityRef))
  const { data: past } = useQuery(pastQuery(entityRef, FEW))
  if (past?.[0]?.op === 'removed') return <EntityRemoved entityRef={entityRef} changes={past} />
  const words = kindWords(kind)
  return (
    <div className="page">
      <EmptyState
        asPage
        door="open"
        title={`${name} is not in the catalog`}
        actions={
          <LinkButton to={page.catalog} search={{ kind, q: name }}>
            Search all {words.many}
          </LinkButton>
        }
      >
        <p>
          No {words.one} of this name is in the namespace {namespace}. It may have been renamed, removed, or declared as
          another kind.
        </p>
        {near && near.length > 0 && (
          <div className={css['near']}>
            <p className="quiet small">Names that come near</p>
            <ul>
              {near.map((ref) => (
                <li key={ref}>
                  <EntityLink entityRef={ref} />
                </li>
              ))}
            </ul>
          </div>
        )}
      </EmptyState>
    </div>
  )
}

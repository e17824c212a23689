import { useQuery } from '@tanstack/react-query'
import { Search } from 'lucide-react'
import { parseRef } from '../../lib/entity.ts'
import { find } from '../../lib/find.ts'
import { nearQuery } from '../../lib/near.ts'
import { page } from '../../lib/paths.ts'
import { kindWords } from '../../lib/words.ts'
import { Button, LinkButton } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { EntityLink } from '../../ui/entity-link.tsx'
import { Icon } from '../../ui/icon.tsx'
import { pastQuery } from './api.ts'
import { EntityRemoved } from './entity-removed.tsx'
import css from './entity-missing.module.css'

const FEW = 5

/** No entity has this ref: says so, and offers what comes near. */
export function EntityMissing({ entityRef }: { entityRef: string }) {
  const { kind, namespace, name } = parseRef(entityRef)
  const { data: near = [] } = useQuery(nearQuery(entityRef))
  const { data: past } = useQuery(pastQuery(entityRef, FEW))
  if (past?.[0]?.op === 'removed') return <EntityRemoved entityRef={entityRef} changes={past} />
  const words = kindWords(kind)
  const same = near.filter((ref) => parseRef(ref).name === name)
  const others = near.filter((ref) => !same.includes(ref))
  return (
    <div className="page">
      <EmptyState
        asPage
        door="open"
        title={
          <>
            There is no {words.one} <code>{name}</code>
            {namespace !== 'default' && (
              <>
                {' '}
                in <code>{namespace}</code>
              </>
            )}
          </>
        }
        actions={
          <>
            <Button
              leftSection={<Icon of={Search} size={14} />}
              onClick={() => {
                find(name)
              }}
            >
              <span className={css['asked']}>Search everything for {name}</span>
            </Button>
            <LinkButton to={page.catalog} search={{ kind }} variant="subtle">
              All {words.many}
            </LinkButton>
          </>
        }
      >
        <p>
          {same[0] === undefined
            ? `It may have been renamed, or the link has a slip.${past?.length === 0 ? ' The history knows none of this name.' : ''}`
            : 'Something else has this name.'}
        </p>
        {near.length > 0 && (
          <div className={css['near']}>
            <Near refs={same} beside={namespace} />
            {others.length > 0 && <p className="quiet small">Names that come near</p>}
            <Near refs={others} beside={namespace} />
          </div>
        )}
      </EmptyState>
    </div>
  )
}

/** Each with its kind, and its namespace where that is another one. */
function Near({ refs, beside }: { refs: string[]; beside: string }) {
  if (refs.length === 0) return null
  return (
    <ul>
      {refs.map((ref) => {
        const { kind, namespace } = parseRef(ref)
        return (
          <li key={ref}>
            <EntityLink entityRef={ref} />
            <span className="quiet small">
              {kindWords(kind).one}
              {namespace !== beside && ` in ${namespace}`}
            </span>
          </li>
        )
      })}
    </ul>
  )
}

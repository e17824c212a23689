import { useQueries } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ArrowUpRight } from 'lucide-react'
import { Fragment } from 'react'
import { parseRef, refOf, relationCount, relationsOf, type Entity } from '../../lib/entity.ts'
import { page } from '../../lib/paths.ts'
import { summaryQuery } from '../../lib/summaries.ts'
import { number } from '../../lib/words.ts'
import { EntityName } from '../../ui/entity-link.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Strip } from '../../ui/strip.tsx'
import { callersSent, UNCALLED } from '../api/apis-words.ts'
import { namesIn, successorOf, waysOn } from './successors.ts'
import css from './deprecated-strip.module.css'

/** It is on its way out: what its file names in its place, and who has to move before it can go. */
export function DeprecatedStrip({ entity }: { entity: Entity }) {
  const successor = successorOf(entity)
  const mentioned = useThere(successor ? [] : namesIn(entity))
  return (
    <Strip shape="warn">
      <span className={css['says']}>
        <b>It is deprecated.</b>
        {successor && (
          <>
            {' '}
            Its successor is <EntityName entityRef={successor} />{' '}
            <span className="mono small">{parseRef(successor).name}</span>.
          </>
        )}
        {mentioned.length > 0 && (
          <>
            {' '}
            Its description names <Names refs={mentioned} />.
          </>
        )}
        {waysOn(entity).map((link) => (
          <Fragment key={link.url}>
            {' '}
            <a className={css['out']} href={link.url} target="_blank" rel="noreferrer noopener">
              {link.title ?? link.url}
              <Icon of={ArrowUpRight} size={12} />
            </a>
            .
          </Fragment>
        ))}{' '}
        <Users entity={entity} />
      </span>
    </Strip>
  )
}

/** Of these refs those that are in the catalog. */
function useThere(refs: string[]): string[] {
  const found = useQueries({ queries: refs.map(summaryQuery) })
  return refs.filter((_, i) => found[i]?.data)
}

function Users({ entity }: { entity: Entity }) {
  const api = entity.kind.toLowerCase() === 'api'
  const who = [...new Set([...callersSent(entity), ...relationsOf(entity, 'dependencyOf')])]
  const unsent = ['apiConsumedBy', 'dependencyOf']
    .map((type) => relationCount(entity, type) - relationsOf(entity, type).length)
    .reduce((a, b) => a + b)
  if (who.length > 0)
    return (
      <>
        Still {api ? 'called' : 'needed'} by{' '}
        <Names refs={who} total={who.length + unsent} rest={page.entity(refOf(entity), 'dependencies')} />.
      </>
    )
  if (api) return <>{UNCALLED}</>
  // Who calls an API that it provides, or uses a part of it, is not known here.
  const more = ['providesApi', 'hasPart', 'ownerOf', 'hasMember'].some((type) => relationsOf(entity, type).length > 0)
  return more ? null : <>Nothing in the catalog depends on it any more.</>
}

const FEW = 5

/** "a, b and c", each a link; of many the first, and the way to the others. */
function Names({ refs, total = refs.length, rest }: { refs: string[]; total?: number; rest?: string }) {
  const shown = total > FEW + 1 ? refs.slice(0, FEW) : refs
  const left = total - shown.length
  return shown.map((ref, i) => (
    <Fragment key={ref}>
      {i > 0 && (i === shown.length - 1 && left === 0 ? ' and ' : ', ')}
      <EntityName entityRef={ref} />
      {i === shown.length - 1 && left > 0 && rest && (
        <>
          {' and '}
          <Link to={rest}>{number(left)} more</Link>
        </>
      )}
    </Fragment>
  ))
}

import { useInfiniteQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { page } from '../../lib/paths.ts'
import { stringifySearch } from '../../lib/search-params.ts'
import { number } from '../../lib/words.ts'
import { RowBones } from '../../ui/bones.tsx'
import { Button } from '../../ui/button.tsx'
import { EntityLink } from '../../ui/entity-link.tsx'
import { QuickLink } from '../../ui/quick-link.tsx'
import { ErrorStrip } from '../../ui/strip.tsx'
import { gapsQuery, type Gap, type Reason, type Repository } from './api.ts'
import { listAddress } from './figures.tsx'
import type { InsightsSearch, Measure } from './insights-search.ts'
import { words } from './insights-words.ts'
import css from './insights.module.css'

/** What a number is of: what is missing, why, and what to do; or what counts. */
export function WorkList({ search, measure }: { search: InsightsSearch; measure: Measure }) {
  const heading = useRef<HTMLHeadingElement>(null)
  const list = useInfiniteQuery(gapsQuery(search, measure))
  const counted = search.list === 'counted'
  // Whoever follows a number looks at its list.
  useEffect(() => {
    heading.current?.focus({ preventScroll: true })
    heading.current?.scrollIntoView({ block: 'nearest' })
  }, [measure, search.list, search.scope])
  const pages = list.data?.pages ?? []
  const entities = pages.flatMap((p) => p.items ?? [])
  const repositories = pages.flatMap((p) => p.repositories ?? [])
  const total = pages[0]?.total
  return (
    <section className="sec" aria-labelledby="work-list">
      <div className={`hd ${css['listHead'] ?? ''}`}>
        <h2 id="work-list" tabIndex={-1} ref={heading}>
          {counted ? words[measure].counted : words[measure].missing}
        </h2>
        {total !== undefined && <span className="quiet num">{number(total)}</span>}
        <span className={`end ${css['acts'] ?? ''}`}>
          <QuickLink stay className="link" to={listAddress(search, measure, !counted)}>
            {counted ? 'Show what is missing' : 'Show what counts'}
          </QuickLink>
          <QuickLink
            stay
            className="link"
            to={page.insights + stringifySearch({ ...search, measure: undefined, list: undefined })}
          >
            Close
          </QuickLink>
        </span>
      </div>
      {list.isPending && <RowBones rows={6} />}
      {list.data && entities.length + repositories.length === 0 && (
        <p className="muted">{counted ? 'Nothing counts yet.' : 'Nothing is missing here.'}</p>
      )}
      <ul className="hairlines">
        {entities.map((gap) => (
          <EntityGap key={gap.ref} gap={gap} counted={counted} />
        ))}
        {repositories.map((r) => (
          <RepositoryGap key={`${r.provider} ${r.id}`} repository={r} counted={counted} />
        ))}
      </ul>
      {list.error && (
        <ErrorStrip
          error={list.error}
          what="The list did not load."
          onRetry={() => void (list.data ? list.fetchNextPage() : list.refetch())}
        />
      )}
      {list.hasNextPage && !list.error && (
        <p className={css['more']}>
          <Button aria-busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            Show more
          </Button>
        </p>
      )}
    </section>
  )
}

function EntityGap({ gap, counted }: { gap: Gap; counted: boolean }) {
  return (
    <li className={css['gap']}>
      <EntityLink entityRef={gap.ref} />
      {!counted && <Why reason={gap.reason} />}
      {!counted && (
        <QuickLink className="link" to={page.entity(gap.ref, 'source')} aria-label={`Source of ${gap.ref}`}>
          Source
        </QuickLink>
      )}
    </li>
  )
}

function RepositoryGap({
  repository: { name, url, provider, reason },
  counted,
}: {
  repository: Repository
  counted: boolean
}) {
  const web = /^https?:\/\//i.test(url)
  return (
    <li className={css['gap']}>
      <span className="cut">
        {web ? (
          <a href={url} target="_blank" rel="noreferrer noopener">
            {name}
          </a>
        ) : (
          name
        )}{' '}
        <span className="quiet small">{provider}</span>
      </span>
      {!counted && <Why reason={reason} />}
    </li>
  )
}

function Why({ reason }: { reason: Reason }) {
  return (
    <p className={css['why']}>
      {reason.says} {reason.ref && <span className="mono small quiet">{reason.ref}</span>}{' '}
      <span className="muted">{reason.remedy}</span>
    </p>
  )
}

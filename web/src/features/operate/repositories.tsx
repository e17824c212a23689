import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useCallback } from 'react'
import { count, number } from '../../lib/words.ts'
import { RowBones } from '../../ui/bones.tsx'
import { Button } from '../../ui/button.tsx'
import { FilterField } from '../../ui/filter-field.tsx'
import { Fresh } from '../../ui/fresh.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { Status, type StatusShape } from '../../ui/status.tsx'
import { ErrorStrip } from '../../ui/strip.tsx'
import { page } from '../../lib/paths.ts'
import type { ProblemsSearch, RepositoriesShown } from './problems-search.ts'
import { repositoriesQuery, type Provider, type Repository, type RepositoryState } from './providers-api.ts'
import css from './providers.module.css'

const shapes: Record<RepositoryState, StatusShape> = { read: 'ok', waiting: 'run', leftOut: 'unknown', failed: 'bad' }

interface Props {
  provider: Provider
  search: ProblemsSearch
}

/** The repositories of an account by how they stand. Which are shown is in the address; none until somebody asks. */
export function Repositories({ provider, search }: Props) {
  const navigate = useNavigate()
  const { repositories: has, id } = provider
  const shown = search.account === id ? (search.repositories ?? 'all') : 'none'
  const show = useCallback(
    (value: RepositoriesShown | 'none', rq?: string) =>
      void navigate({
        to: page.sources,
        search: (old: ProblemsSearch) => ({
          ...old,
          account: value === 'none' ? undefined : id,
          repositories: value === 'none' || value === 'all' ? undefined : value,
          rq: value === 'none' ? undefined : rq,
        }),
        replace: true,
        resetScroll: false,
      }),
    [navigate, id],
  )
  return (
    <>
      <div className={css['bar']}>
        <Segmented
          label={`Repositories of ${provider.account || id}`}
          value={shown}
          options={[
            { value: 'none', label: 'None shown' },
            { value: 'all', label: `All ${number(has.listed)}` },
            { value: 'read', label: `Read ${number(has.read)}` },
            { value: 'waiting', label: `Waiting ${number(has.waiting)}` },
            { value: 'leftOut', label: `Left out ${number(has.leftOut)}` },
            { value: 'failed', label: `Failed ${number(has.failed)}` },
          ]}
          onChange={show}
        />
        {shown !== 'none' && (
          <FilterField
            label="Find a repository"
            value={search.rq}
            onChange={(q) => {
              show(shown, q)
            }}
          />
        )}
      </div>
      {shown === 'leftOut' && provider.leftOut.length > 0 && (
        <p className="muted">{provider.leftOut.map((l) => `${number(l.count)}: ${l.why}`).join(' · ')}</p>
      )}
      {shown !== 'none' && <List provider={id} state={shown === 'all' ? undefined : shown} q={search.rq} />}
    </>
  )
}

function List({ provider, state, q }: { provider: string; state: RepositoryState | undefined; q: string | undefined }) {
  const asked = useInfiniteQuery(repositoriesQuery(provider, state, q))
  if (asked.isPending) return <RowBones rows={6} />
  if (asked.isError && !asked.data)
    return (
      <ErrorStrip
        error={asked.error}
        what="The repositories did not load."
        onRetry={() => {
          void asked.refetch()
        }}
      />
    )
  const items = asked.data.pages.flatMap((p) => p.items)
  const total = asked.data.pages[0]?.total ?? 0
  if (items.length === 0)
    return (
      <p className={`${css['none'] ?? ''} muted`}>{q ? `No repository has “${q}” in its name.` : 'There is none.'}</p>
    )
  return (
    <>
      <ul className={css['repositories']} aria-label="Repositories">
        {items.map((repository) => (
          <Row key={repository.id} repository={repository} />
        ))}
      </ul>
      {asked.hasNextPage && (
        <Button size="xs" onClick={() => void asked.fetchNextPage()} disabled={asked.isFetchingNextPage}>
          Show more of {count(total, 'repository', 'repositories')}
        </Button>
      )}
    </>
  )
}

function Row({ repository: r }: { repository: Repository }) {
  const web = /^https?:\/\//.test(r.url)
  return (
    <li>
      <Status shape={shapes[r.state]} />
      <span className={css['name']}>
        {web ? (
          <a href={r.url} target="_blank" rel="noreferrer noopener">
            {r.name}
          </a>
        ) : (
          r.name
        )}
        {r.why && <small>{r.why}</small>}
      </span>
      <span className="quiet">{r.state === 'read' && (r.declared ? 'declared' : 'seen, not declared')}</span>
      <span className="quiet num">{r.readAt ? <Fresh at={r.readAt} /> : ''}</span>
    </li>
  )
}

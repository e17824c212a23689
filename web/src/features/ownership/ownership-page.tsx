import { useSuspenseInfiniteQuery, type QueryClient } from '@tanstack/react-query'
import { Link, useSearch } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { page } from '../../lib/paths.ts'
import { useTitle } from '../../lib/title.ts'
import { StaleStrip } from '../../ui/stale-strip.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import tabs from '../../ui/tabs.module.css'
import { allowed, sessionQuery } from '../../lib/session.ts'
import { aliasesQuery } from './alias-api.ts'
import { AliasesPanel } from './aliases-panel.tsx'
import { findingsQuery, inboxQuery } from './api.ts'
import { FindingsPanel } from './findings-panel.tsx'
import { InboxPanel } from './inbox-panel.tsx'
import { ownershipTabs, parseOwnershipSearch, type OwnershipSearch, type OwnershipTab } from './ownership-search.ts'
import { inboxHeadline } from './words.ts'
import css from './ownership.module.css'

export async function loadOwnership(client: QueryClient, asked: Record<string, unknown>): Promise<void> {
  const search = parseOwnershipSearch(asked)
  if (search.tab === 'names') {
    const session = await client.ensureQueryData(sessionQuery)
    if (allowed(session, 'catalog.ingestion.read')) await client.ensureQueryData(aliasesQuery)
  } else if (search.tab === 'findings') await client.ensureInfiniteQueryData(findingsQuery(search))
  else await client.ensureInfiniteQueryData(inboxQuery(search))
}

/** What teams are asked, and where nobody could be. */
export function OwnershipPage() {
  useTitle('Ownership')
  const search = parseOwnershipSearch(useSearch({ strict: false }))
  if (search.tab === 'names')
    return (
      <Frame tab="names" title="Names that stand for others">
        <AliasesPanel search={search} />
      </Frame>
    )
  return search.tab === 'findings' ? <FindingsPage search={search} /> : <InboxPage search={search} />
}

function InboxPage({ search }: { search: OwnershipSearch }) {
  const query = useSuspenseInfiniteQuery(inboxQuery(search))
  const [first] = query.data.pages
  if (!first) return null
  return (
    <Frame tab="inbox" title={inboxHeadline(first.total, first.least, search.scope === 'all')}>
      <StaleStrip query={query} what="The questions did not load again." />
      <InboxPanel
        key={`${search.scope ?? ''} ${search.owner ?? ''}`}
        search={search}
        inbox={first}
        items={query.data.pages.flatMap((p) => p.items)}
        more={query.hasNextPage ? () => void query.fetchNextPage() : undefined}
        busy={query.isFetchingNextPage}
      />
    </Frame>
  )
}

function FindingsPage({ search }: { search: OwnershipSearch }) {
  const query = useSuspenseInfiniteQuery(findingsQuery(search))
  const [first] = query.data.pages
  if (!first) return null
  return (
    <Frame tab="findings" title="Where nobody may answer">
      <StaleStrip query={query} what="The findings did not load again." />
      <FindingsPanel
        search={search}
        findings={first}
        items={query.data.pages.flatMap((p) => p.items)}
        more={query.hasNextPage ? () => void query.fetchNextPage() : undefined}
        busy={query.isFetchingNextPage}
      />
    </Frame>
  )
}

const titles: Record<OwnershipTab, string> = { inbox: 'Questions', findings: 'Findings', names: 'Old names' }

function Frame({ tab, title, children }: { tab: OwnershipTab; title: string; children: ReactNode }) {
  return (
    <div className="page">
      <header className={css['head']}>
        <p className="quiet">Ownership</p>
        <h1 tabIndex={-1}>{title}</h1>
      </header>
      <Tabs label="Ownership">
        {ownershipTabs.map((t) => (
          <Link
            key={t}
            to={page.ownership}
            search={t === 'inbox' ? {} : { tab: t }}
            className={tabs['tab']}
            activeProps={{}}
            activeOptions={{ exact: true }}
            aria-current={t === tab ? 'page' : undefined}
          >
            {titles[t]}
          </Link>
        ))}
      </Tabs>
      {children}
    </div>
  )
}

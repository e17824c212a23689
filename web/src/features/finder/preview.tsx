import { queryOptions, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { request, withQuery } from '../../lib/api.ts'
import { keys } from '../../lib/keys.ts'
import { api } from '../../lib/paths.ts'
import type { HistoryPage } from '../../lib/portico.ts'
import { modKey } from '../../lib/platform.ts'
import { summaryQuery, useMention } from '../../lib/summaries.ts'
import { kindWords, typeName } from '../../lib/words.ts'
import { Fresh } from '../../ui/fresh.tsx'
import { KindGlyph } from '../../ui/kind-glyph.tsx'
import { Owner } from '../../ui/owner.tsx'
import { Lifecycle } from '../../ui/tag.tsx'
import type { Hit } from './finder-query.ts'
import { alike } from './options.tsx'
import css from './finder.module.css'

/** Whoever runs through a list asks for nothing on the way. */
const RESTS = 200

/** What most look-ups are for, so that they end here: who owns it, what it belongs to, when it moved last. */
export function Preview({ entityRef, hit, ways = false }: { entityRef: string; hit: Hit | undefined; ways?: boolean }) {
  const { data } = useQuery({ ...summaryQuery(entityRef), enabled: hit === undefined })
  const known = hit ?? data
  const last = useQuery({ ...lastChangeQuery(entityRef), enabled: useRests(entityRef) }).data
  if (!known) return null
  return (
    <>
      <h2>{known.title}</h2>
      {!alike(known.name, known.title) && <p className="quiet small">{known.name}</p>}
      {known.description && <p className={`${css['about'] ?? ''} muted`}>{known.description}</p>}
      <dl>
        <dt>Kind</dt>
        <dd>{[kindWords(known.kind).one, typeName(known.type)].filter(Boolean).join(', ')}</dd>
        {known.kind !== 'user' && known.kind !== 'group' && known.kind !== 'location' && (
          <>
            <dt>Owner</dt>
            <dd>
              <Owner owner={known.owner} link={false} />
            </dd>
          </>
        )}
        {known.system && (
          <>
            <dt>System</dt>
            <dd>
              <SystemName entityRef={known.system} />
            </dd>
          </>
        )}
        {known.lifecycle && (
          <>
            <dt>Lifecycle</dt>
            <dd>
              <Lifecycle value={known.lifecycle} />
            </dd>
          </>
        )}
        <dt>Changed</dt>
        <dd>{last ? <Fresh at={last} /> : <span className="quiet">{last === null ? 'not in the log' : '…'}</span>}</dd>
      </dl>
      {ways && (
        <ul className={css['ways']}>
          <li>
            Open <kbd>↵</kbd>
          </li>
          <li>
            In a new tab <kbd>{modKey} ↵</kbd>
          </li>
          <li>
            Star, graph, history, copy <kbd>→</kbd>
          </li>
        </ul>
      )}
    </>
  )
}

/** What stands beside an action. */
export function Hint() {
  return (
    <p className="muted">
      Type parts of a name, in any order: <b>pay led</b> finds <b>payments-ledger</b>. A <kbd>#</kbd> begins a tag.
    </p>
  )
}

function SystemName({ entityRef }: { entityRef: string }) {
  return (
    <span className={css['system']}>
      <KindGlyph kind="system" size="bare" />
      {useMention(entityRef).title}
    </span>
  )
}

function lastChangeQuery(ref: string) {
  return queryOptions({
    queryKey: [...keys.history(ref), 'last'],
    queryFn: async ({ signal }) => {
      const { items } = await request<HistoryPage>(withQuery(api.history(ref), { limit: 1 }), { signal })
      return items[0]?.at ?? null
    },
  })
}

/** Whether the value has been the same for a moment. */
function useRests(value: string): boolean {
  const [settled, setSettled] = useState('')
  useEffect(() => {
    const timer = window.setTimeout(() => {
      setSettled(value)
    }, RESTS)
    return () => {
      window.clearTimeout(timer)
    }
  }, [value])
  return settled === value
}

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { request } from '../../lib/api.ts'
import { parseRef } from '../../lib/entity.ts'
import { day } from '../../lib/format.ts'
import { keys } from '../../lib/keys.ts'
import { useNow } from '../../lib/now.ts'
import { api, page } from '../../lib/paths.ts'
import type { Change } from '../../lib/portico.ts'
import { kindWords } from '../../lib/words.ts'
import { ActionButton } from '../../ui/action.tsx'
import { LinkButton } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Section } from '../../ui/section.tsx'
import { ErrorStrip } from '../../ui/strip.tsx'
import { say } from '../../ui/toast.tsx'
import { ChangeLine } from './change-line.tsx'
import css from './entity-missing.module.css'

/** It was in the catalog, and was removed: when, by whom, what happened before, and how it comes back. */
export function EntityRemoved({ entityRef, changes }: { entityRef: string; changes: Change[] }) {
  const now = useNow()
  const client = useQueryClient()
  const { kind, name } = parseRef(entityRef)
  const last = changes[0]
  const restore = useMutation({
    mutationFn: (uid: string) => request(api.restore(uid), { method: 'POST' }),
    onSuccess: () => {
      say(`${name} is back in the catalog.`)
      return Promise.all(
        [keys.entity(entityRef), keys.history(entityRef), keys.lists, keys.problems].map((queryKey) =>
          client.invalidateQueries({ queryKey }),
        ),
      )
    },
  })
  if (!last) return null
  return (
    <div className="page">
      <EmptyState
        asPage
        door="open"
        title={
          <>
            <code>{name}</code> was removed on {day(new Date(last.at), now)}
          </>
        }
        actions={
          <>
            <ActionButton
              may="catalog.ingestion.manage"
              answer={restore.error}
              aria-busy={restore.isPending}
              onClick={() => {
                restore.mutate(last.uid)
              }}
            >
              Restore
            </ActionButton>
            <LinkButton to={page.catalog} search={{ kind, q: name }} variant="subtle">
              Search all {kindWords(kind).many}
            </LinkButton>
          </>
        }
      >
        <p>It can be restored for 30 days. What a file declares anew comes back by itself.</p>
      </EmptyState>
      {restore.error && <ErrorStrip error={restore.error} what="It was not restored." />}
      <div className={css['past']}>
        <Section title="What happened">
          <ol>
            {changes.map((change) => (
              <ChangeLine key={change.revision} change={change} />
            ))}
          </ol>
        </Section>
      </div>
    </div>
  )
}

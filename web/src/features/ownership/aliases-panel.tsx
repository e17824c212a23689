import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { page } from '../../lib/paths.ts'
import { allowed, useSession } from '../../lib/session.ts'
import { count } from '../../lib/words.ts'
import { ActionButton } from '../../ui/action.tsx'
import { Actor } from '../../ui/actor.tsx'
import { RowBones } from '../../ui/bones.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { EntityName } from '../../ui/entity-link.tsx'
import { Fresh } from '../../ui/fresh.tsx'
import { Icon } from '../../ui/icon.tsx'
import { ErrorStrip } from '../../ui/strip.tsx'
import { say } from '../../ui/toast.tsx'
import { aliasesQuery, doneWords, useRemoveAlias, type Alias } from './alias-api.ts'
import { AliasDialog } from './chunks.ts'
import type { OwnershipSearch } from './ownership-search.ts'
import css from './ownership.module.css'

/** Old names of teams with who stands for them: added with what changes hands, and taken back. */
export function AliasesPanel({ search }: { search: OwnershipSearch }) {
  const navigate = useNavigate()
  const may = allowed(useSession(), 'catalog.ingestion.read')
  const { data, error, refetch } = useQuery({ ...aliasesQuery, enabled: may })
  const [adding, setAdding] = useState(false)
  const remove = useRemoveAlias()
  if (!may)
    return (
      <EmptyState
        door="shut"
        title="Not for you to see"
        actions={<ActionButton may="catalog.ingestion.read">See old names</ActionButton>}
      >
        <p>Old names of teams are shown to those who may see what the catalog reads.</p>
      </EmptyState>
    )
  const dialog = (adding || search.team !== undefined) && (
    <AliasDialog
      team={search.team}
      onClose={() => {
        setAdding(false)
        if (search.team !== undefined) void navigate({ to: page.ownership, search: { tab: 'names' }, replace: true })
      }}
    />
  )
  const add = (
    <ActionButton
      may="catalog.ingestion.manage"
      size="xs"
      leftSection={<Icon of={Plus} size={14} />}
      onClick={() => {
        setAdding(true)
      }}
    >
      Add a name
    </ActionButton>
  )
  if (error && !data) return <ErrorStrip error={error} what="The names did not load." onRetry={() => void refetch()} />
  if (!data) return <RowBones rows={6} />
  return (
    <>
      {data.length === 0 ? (
        <EmptyState door="lit" title="Every team has the name it always had" actions={add}>
          <p>When a team is renamed or merged, its old name stands for the new one here, and nobody edits files.</p>
        </EmptyState>
      ) : (
        <>
          <div className={css['bar']}>
            <p className="muted">Files may keep the old name: what names it belongs to the new one.</p>
            {add}
          </div>
          {remove.error && <ErrorStrip error={remove.error} what="It was not taken back." />}
          <ul className={`hairlines ${css['findings'] ?? ''}`} aria-label="Names that stand for others">
            {data.map((a) => (
              <Row
                key={a.oldRef}
                alias={a}
                busy={remove.isPending}
                answer={remove.error}
                onRemove={() => {
                  remove.mutate(a.oldRef, {
                    onSuccess: ({ entities }) => {
                      say(doneWords(entities, `${a.oldRef} stands for itself again`))
                    },
                  })
                }}
              />
            ))}
          </ul>
        </>
      )}
      {dialog}
    </>
  )
}

interface RowProps {
  alias: Alias
  busy: boolean
  answer: unknown
  onRemove: () => void
}

function Row({ alias: { oldRef, newRef, by, at, entities }, busy, answer, onRemove }: RowProps) {
  return (
    <li className={css['alias']}>
      <div className={css['what']}>
        <p>
          <span className="mono">{oldRef}</span> <span className="muted">is called</span>{' '}
          <b>
            <EntityName entityRef={newRef} />
          </b>{' '}
          <span className="muted">now</span>
        </p>
        <p className={css['about']}>
          {entities !== undefined && `${count(entities, 'entity changes', 'entities change')} hands by it · `}
          <Fresh at={at} />
          <Actor actor={by} />
        </p>
      </div>
      <div className={css['acts']}>
        <ActionButton
          may="catalog.ingestion.manage"
          answer={answer}
          size="xs"
          variant="subtle"
          aria-label={`Remove ${oldRef}`}
          disabled={busy}
          onClick={onRemove}
        >
          Remove
        </ActionButton>
      </div>
    </li>
  )
}

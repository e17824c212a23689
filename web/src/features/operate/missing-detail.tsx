import { exact, locationTarget } from '../../lib/format.ts'
import { page } from '../../lib/paths.ts'
import type { Missing } from '../../lib/portico.ts'
import { useName } from '../../lib/summaries.ts'
import { asSentence, count } from '../../lib/words.ts'
import { ActionButton } from '../../ui/action.tsx'
import { LinkButton } from '../../ui/button.tsx'
import { Fresh } from '../../ui/fresh.tsx'
import { ErrorStrip } from '../../ui/strip.tsx'
import { say } from '../../ui/toast.tsx'
import { MANAGE, useKeepMissing, useRemove, useRestore } from './api.ts'
import { sayUndone } from './undo.ts'
import css from './operate.module.css'

/** Why it is missing, when it goes, and the two ways out: it goes now, or it stays whatever the sources say. */
export function MissingDetail({ missing, together }: { missing: Missing; together: boolean }) {
  const remove = useRemove()
  const keep = useRestore()
  const keepAll = useKeepMissing()
  const name = useName(missing.ref)
  const busy = remove.isPending || keep.isPending || keepAll.isPending
  // Decided, it leaves the list and this with it, so what is said does not hang on this being drawn.
  const onRemove = () =>
    remove.mutateAsync(missing.uid).then(
      () => {
        say(`${name} was removed.`, {
          undo: () => {
            const back = () => `${name} is back in the catalog.`
            sayUndone(keep.mutateAsync(missing.uid), back, `${name} was not restored.`, 'removed')
          },
        })
      },
      () => undefined,
    )
  const onKeep = () =>
    keep.mutateAsync(missing.uid).then(
      () => {
        say(`${name} is kept. It stays until its file returns or somebody removes it.`)
      },
      () => undefined,
    )
  const onKeepAll = () =>
    keepAll.mutateAsync(missing.since).then(
      ({ restored }) => {
        say(`${count(restored, 'entity is', 'entities are')} kept.`)
      },
      () => undefined,
    )
  return (
    <>
      <h2>{name} is missing</h2>
      <p className={css['lead']}>
        {asSentence(missing.reason)} It is still shown with its last data. When the file returns, so does the entity.
        {together && ' Others went missing with it.'}
      </p>
      <dl className={css['claims']}>
        <dt>Was in</dt>
        <dd className="mono small">{locationTarget(missing.location)}</dd>
        <dt>Went missing</dt>
        <dd>
          <Fresh at={missing.since} />
        </dd>
        <dt>Goes</dt>
        <dd title={exact(new Date(missing.removeAt))}>
          <Fresh at={missing.removeAt} />, unless it returns or is kept; then it can be restored for 30 days
        </dd>
      </dl>
      {remove.error && <ErrorStrip error={remove.error} what={`${name} was not removed.`} />}
      {keep.error && <ErrorStrip error={keep.error} what={`${name} is not kept.`} />}
      {keepAll.error && <ErrorStrip error={keepAll.error} what="They are not kept." />}
      <div className={css['acts']}>
        <LinkButton to={page.entity(missing.ref)}>Open its page</LinkButton>
        <ActionButton may={MANAGE} aria-busy={busy} onClick={() => void onKeep()}>
          Keep it
        </ActionButton>
        {together && (
          <ActionButton may={MANAGE} aria-busy={busy} onClick={() => void onKeepAll()}>
            Keep all that went with it
          </ActionButton>
        )}
        <ActionButton
          may="catalog.entity.delete"
          on={missing.ref}
          answer={remove.error}
          variant="danger"
          aria-busy={busy}
          onClick={() => void onRemove()}
        >
          Remove now
        </ActionButton>
      </div>
    </>
  )
}

import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { refOf, titleOf, type Entity } from '../../lib/entity.ts'
import { shortTarget } from '../../lib/format.ts'
import { page } from '../../lib/paths.ts'
import { allowed, useSession } from '../../lib/session.ts'
import { count } from '../../lib/words.ts'
import { ActionButton } from '../../ui/action.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { RowBones } from '../../ui/bones.tsx'
import { ErrorStrip, errorSentence } from '../../ui/strip.tsx'
import { say } from '../../ui/toast.tsx'
import { ConsequenceList } from './consequence-list.tsx'
import { consequencesQuery, registeredQuery, useTakeBack, useUnregister, type What } from './unregister-api.ts'
import { goneWords } from './unregister-words.ts'
import css from './unregister.module.css'

/** Says what goes and who lacks something, before it is gone. The name is asked for only where others depend on it. */
export function Unregister({ entity, onClose }: { entity: Entity; onClose: () => void }) {
  const ref = refOf(entity)
  const title = titleOf(entity)
  const session = useSession()
  const navigate = useNavigate()
  const [said, setSaid] = useState<What>()
  const [typed, setTyped] = useState('')
  const [wrong, setWrong] = useState(false)
  const from = useQuery({
    ...registeredQuery(entity),
    ...(allowed(session, 'catalog.location.read') ? {} : { enabled: false }),
  })
  const location = from.data ?? undefined
  const of: What = said ?? (location ? 'location' : 'entity')
  const settled = !from.isLoading
  const { data, error, refetch } = useQuery({ ...consequencesQuery(ref, of), enabled: settled })
  const unregister = useUnregister()
  const takeBack = useTakeBack()
  const uid = entity.metadata.uid ?? ''
  const what = of === 'location' && location ? location : { uid }
  const name = entity.metadata.name
  const mustType = (data?.losing ?? 0) > 0
  const mayUndo = allowed(session, 'uid' in what ? 'catalog.ingestion.manage' : 'catalog.location.create')

  const run = () => {
    if (!data) return
    if (mustType && typed.trim() !== name) {
      setWrong(true)
      return
    }
    unregister.mutate(what, {
      onSuccess: () => {
        onClose()
        void navigate({ to: page.catalog, search: { kind: entity.kind.toLowerCase() } })
        const words = goneWords(title, data)
        if (!mayUndo) say(words)
        else
          say(words, {
            undo: () => {
              takeBack.mutateAsync(what).then(
                () => {
                  say(`${title} is back.`, { to: page.entity(ref), search: {}, words: 'Open it' })
                },
                (failed: unknown) => {
                  say(`${title} did not come back. ${errorSentence(failed)}`, {
                    to: page.problems,
                    search: { tab: 'removed' },
                    words: 'See Removed',
                  })
                },
              )
            },
          })
      },
    })
  }
  return (
    <Dialog title={`Unregister ${title}`} size={560} onClose={onClose}>
      <form
        className={css['form']}
        onSubmit={(event) => {
          event.preventDefault()
          run()
        }}
      >
        {location && (
          <fieldset className={css['what']}>
            <legend className="sr">What is unregistered</legend>
            <Choice
              checked={of === 'location'}
              onChoose={() => {
                setSaid('location')
              }}
              words="The location that it comes from, with all that it declares"
              note={shortTarget(location.target)}
            />
            <Choice
              checked={of === 'entity'}
              onChoose={() => {
                setSaid('entity')
              }}
              words="This entity alone"
            />
          </fieldset>
        )}
        <div className={css['body']}>
          {error ? (
            <ErrorStrip
              error={error}
              what="What it would take away is not known."
              kept="Nothing was changed."
              onRetry={() => void refetch()}
            />
          ) : data ? (
            <ConsequenceList consequences={data} of={of} />
          ) : (
            <RowBones rows={3} />
          )}
        </div>
        {mustType && (
          <label className={css['type']}>
            <span>
              Others depend on it. Type <b className="mono">{name}</b> to go on.
            </span>
            <input
              value={typed}
              autoComplete="off"
              spellCheck={false}
              aria-invalid={wrong || undefined}
              aria-describedby={wrong ? 'unregister-wrong' : undefined}
              onChange={(event) => {
                setTyped(event.target.value)
                setWrong(false)
              }}
            />
            {wrong && (
              <span id="unregister-wrong" role="alert" className={css['wrong']}>
                Write {name}, as it stands above.
              </span>
            )}
          </label>
        )}
        {unregister.error && <ErrorStrip error={unregister.error} what="It was not unregistered." />}
        <div className={css['foot']}>
          <p className="quiet small grow">
            {of === 'location' ? 'Registering it again brings all of it back.' : 'It can be restored for 30 days.'}
          </p>
          <Button onClick={onClose} data-autofocus>
            Keep it
          </Button>
          {data && (
            <ActionButton
              type="submit"
              variant="danger"
              may={of === 'location' ? 'catalog.location.delete' : 'catalog.entity.delete'}
              on={of === 'location' ? undefined : ref}
              answer={unregister.error}
              aria-busy={unregister.isPending}
            >
              {data.going > 1 ? `Unregister ${count(data.going, 'entity')}` : 'Unregister it'}
            </ActionButton>
          )}
        </div>
      </form>
    </Dialog>
  )
}

interface ChoiceProps {
  checked: boolean
  onChoose: () => void
  words: string
  note?: string
}

function Choice({ checked, onChoose, words, note }: ChoiceProps) {
  return (
    <label>
      <input type="radio" name="what" checked={checked} onChange={onChoose} />
      <span>
        {words} {note && <span className="mono small quiet">{note}</span>}
      </span>
    </label>
  )
}

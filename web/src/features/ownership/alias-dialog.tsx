import { useQuery } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { useMention } from '../../lib/summaries.ts'
import { ActionButton } from '../../ui/action.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Owner } from '../../ui/owner.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { ErrorStrip } from '../../ui/strip.tsx'
import { say } from '../../ui/toast.tsx'
import { doneWords, oldRefOf, ownedCountQuery, previewWords, useSetAlias } from './alias-api.ts'
import { TeamField } from './team-field.tsx'
import css from './ownership.module.css'

interface Props {
  /** The name that is known to be old. */
  from?: string | undefined
  /** A team of the catalog: it may be what the old one is called now, or the old one. */
  team?: string | undefined
  onClose: () => void
}

/** Has a team stand for an old name, and says first how much changes hands. */
export function AliasDialog({ from, team, onClose }: Props) {
  const id = useId()
  const [goes, setGoes] = useState(false)
  const [written, setWritten] = useState('')
  const [picked, setPicked] = useState<string>()
  const set = useSetAlias()
  const known = from ?? (goes ? team : undefined)
  const oldRef = known ?? oldRefOf(written)
  const newRef = team && !goes ? team : picked
  const ready = oldRef !== undefined && newRef !== undefined && oldRef !== newRef
  const { title: now } = useMention(newRef ?? 'group:default/none')
  const { data: entities, error } = useQuery(ownedCountQuery(ready ? oldRef : undefined))
  return (
    <Dialog
      title={team ? 'Renamed or merged' : from ? 'It is called something else now' : 'Add a name'}
      onClose={onClose}
    >
      <form
        className={css['form']}
        onSubmit={(event) => {
          event.preventDefault()
          if (!ready) return
          set.mutate(
            { oldRef, newRef },
            {
              onSuccess: (handed) => {
                say(doneWords(handed.entities, `${now} stands for ${oldRef}`))
                onClose()
              },
            },
          )
        }}
      >
        <p className="muted">
          Files keep the old name, and what names it belongs to the new one: at once, and where it is read later. Open
          questions move to the new team, and what was confirmed stays confirmed.
        </p>
        {team && (
          <Segmented
            label="What happened"
            value={goes ? 'goes' : 'stays'}
            options={[
              { value: 'stays', label: 'It had another name' },
              { value: 'goes', label: 'It went into another' },
            ]}
            onChange={(value) => {
              setGoes(value === 'goes')
            }}
          />
        )}
        {known ? (
          <p>
            The old name is <b className="mono">{known}</b>
          </p>
        ) : (
          <div className={css['field']}>
            <label htmlFor={id}>The old name</label>
            <input
              id={id}
              autoComplete="off"
              spellCheck={false}
              placeholder="team-a, or group:default/team-a"
              value={written}
              onChange={(event) => {
                setWritten(event.target.value)
              }}
            />
          </div>
        )}
        {team && !goes ? (
          <div>
            Who stands for it now <Owner owner={team} link={false} />
          </div>
        ) : (
          <TeamField label="Who stands for it now" value={picked} onPick={setPicked} />
        )}
        <p role="status" className={css['preview']}>
          {ready && entities !== undefined && <b>{previewWords(entities, oldRef, now)}</b>}
          {oldRef !== undefined && oldRef === newRef && 'A team stands for itself already.'}
          {error && 'How many entities that changes could not be counted.'}
        </p>
        {set.error && <ErrorStrip error={set.error} what="Nothing was changed." />}
        <div className={css['formActs']}>
          <Button variant="subtle" onClick={onClose}>
            Cancel
          </Button>
          <ActionButton
            may="catalog.ingestion.manage"
            answer={set.error}
            type="submit"
            variant="filled"
            disabled={!ready || set.isPending}
          >
            {set.isPending ? 'Changing hands' : 'Let it stand for it'}
          </ActionButton>
        </div>
      </form>
    </Dialog>
  )
}

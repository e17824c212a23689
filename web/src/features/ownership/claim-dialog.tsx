import { useState } from 'react'
import { useMention } from '../../lib/summaries.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Monogram } from '../../ui/owner.tsx'
import { TeamField } from './team-field.tsx'
import css from './ownership.module.css'

interface Props {
  what: string
  /** Teams in whose name they may claim; with `any` every other, too. */
  teams: string[]
  any: boolean
  onClose: () => void
  onSend: (owner: string) => void
}

/** For which team it is claimed. */
export function ClaimDialog({ what, teams, any, onClose, onSend }: Props) {
  const [owner, setOwner] = useState(teams[0])
  return (
    <Dialog title={`Claim ${what}`} onClose={onClose}>
      <form
        className={css['form']}
        onSubmit={(event) => {
          event.preventDefault()
          if (owner) onSend(owner)
        }}
      >
        <p className="muted">
          What nobody owns is the team’s at once. Where somebody does, they are asked whether they give it.
        </p>
        {teams.length > 0 && (
          <fieldset className={css['choices']}>
            <legend>For</legend>
            {teams.map((ref) => (
              <Choice
                key={ref}
                entityRef={ref}
                checked={ref === owner}
                onPick={() => {
                  setOwner(ref)
                }}
              />
            ))}
          </fieldset>
        )}
        {any && (
          <TeamField
            label={teams.length > 0 ? 'Or for another team' : 'For which team'}
            value={owner}
            onPick={setOwner}
          />
        )}
        <div className={css['formActs']}>
          <Button variant="subtle" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" variant="filled" disabled={!owner}>
            Claim
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

function Choice({ entityRef, checked, onPick }: { entityRef: string; checked: boolean; onPick: () => void }) {
  const { title } = useMention(entityRef)
  return (
    <label>
      <input type="radio" name="owner" checked={checked} onChange={onPick} />
      <Monogram title={title} />
      <span className="cut">{title}</span>
    </label>
  )
}

import { RotateCw } from 'lucide-react'
import { page } from '../../lib/paths.ts'
import { count, listed } from '../../lib/words.ts'
import { Button, LinkButton } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Progress } from './progress.tsx'
import { outcomeWords, tally, verdictOf, type Look, type Outcome } from './plan-words.ts'
import css from './register.module.css'

interface Props {
  looks: Look[]
  chosen: Look[]
  outcomes: ReadonlyMap<string, Outcome>
  onRegister: (some: Look[]) => void
  onMore: () => void
}

/** What is about to be written, and the button that does; then how far it is, and what came of it. */
export function RegisterFoot({ looks, chosen, outcomes, onRegister, onMore }: Props) {
  const done = [...outcomes.values()]
  const settled = looks.filter((l) => l.preview ?? l.error).length
  if (done.length > 0) {
    const failed = looks.filter((l) => outcomes.get(l.line)?.state === 'failed')
    const waiting = done.some((o) => o.state === 'waiting')
    return (
      <div className={css['foot']}>
        <p className="grow" role="status">
          {outcomeWords(done)}
        </p>
        {waiting && (
          <Progress label="Registering" value={done.filter((o) => o.state !== 'waiting').length} max={done.length} />
        )}
        {!waiting && failed.length > 1 && (
          <Button
            leftSection={<Icon of={RotateCw} size={14} />}
            onClick={() => {
              onRegister(failed)
            }}
          >
            Try the {failed.length} again
          </Button>
        )}
        {!waiting && <Button onClick={onMore}>Register more</Button>}
        {!waiting && (
          <LinkButton to={page.catalog} variant="subtle">
            See the catalog
          </LinkButton>
        )}
      </div>
    )
  }
  if (settled < looks.length)
    return (
      <div className={css['foot']}>
        <span className="grow" />
        <Progress label="Reading" value={settled} max={looks.length} />
      </div>
    )
  if (!looks.some((l) => verdictOf(l).can)) return null
  return (
    <div className={css['foot']}>
      <p className="grow muted">{chosenWords(chosen)}</p>
      {chosen.length > 0 && (
        <Button
          variant="filled"
          onClick={() => {
            onRegister(chosen)
          }}
        >
          {buttonWords(chosen)}
        </Button>
      )}
    </div>
  )
}

function buttonWords(chosen: Look[]): string {
  const again = chosen.length > 0 && chosen.every((l) => l.preview?.exists)
  if (again) return chosen.length === 1 ? 'Read it again' : `Read ${count(chosen.length, 'location')} again`
  return chosen.length === 1 ? 'Register it' : `Register ${count(chosen.length, 'location')}`
}

function chosenWords(chosen: Look[]): string {
  if (chosen.length === 0) return 'None is ticked. Tick those that are to be registered.'
  const n = tally(chosen.flatMap((l) => (l.preview ? [l.preview.plan] : [])))
  const parts = [
    n.create > 0 ? count(n.create, 'new entity', 'new entities') : '',
    n.update > 0 ? `${String(n.update)} changed` : '',
    n.unchanged > 0 ? `${String(n.unchanged)} as they are` : '',
    n.conflict > 0 ? `${String(n.conflict)} refused, as another place keeps them` : '',
    n.errors > 0 ? `${count(n.errors, 'error')} to mend` : '',
  ].filter(Boolean)
  return `${count(chosen.length, 'location')}: ${listed(parts)}.`
}

import { Check, ChevronDown } from 'lucide-react'
import { useId, useState, type SyntheticEvent } from 'react'
import { useNow } from '../../lib/now.ts'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { MenuButton, type Opener } from '../../ui/menu-button.tsx'
import { usePlace } from '../../ui/place.ts'
import { dayWords, rangeChoices, rangeWords, readDay, sameRange, type Range } from './days.ts'
import css from './range-field.module.css'

interface Props {
  range: Range
  onRange: (next: Range) => void
}

/** When: a usual range in one press, or any two days. */
export function RangeField({ range, onRange }: Props) {
  const words = rangeWords(range, useNow())
  return (
    <div className={css['field']}>
      <span aria-hidden="true">When</span>
      <MenuButton
        holds="dialog"
        label="When"
        aria-label={`When: ${words}`}
        fullWidth
        rightSection={<Icon of={ChevronDown} size={14} />}
        content={(opener) => <Panel range={range} onRange={onRange} {...opener} />}
      >
        <span className="cut">{words}</span>
      </MenuButton>
    </div>
  )
}

function Panel({ range, onRange, beside, close }: Props & Opener) {
  const now = useNow()
  const box = usePlace(beside)
  const take = (next: Range) => {
    onRange(next)
    close()
  }
  return (
    <div ref={box} className={css['panel']}>
      <ul aria-label="Usual ranges">
        {rangeChoices(now).map((choice) => {
          const chosen = sameRange(choice.range, range)
          return (
            <li key={choice.words}>
              <button
                type="button"
                aria-pressed={chosen}
                onClick={() => {
                  take(choice.range)
                }}
              >
                <span>{choice.words}</span>
                {chosen && <Icon of={Check} size={14} />}
              </button>
            </li>
          )
        })}
      </ul>
      <Days range={range} onRange={take} now={now} />
    </div>
  )
}

const WRITE = 'Write a day as 28 November 2026.'

function Days({ range, onRange, now }: Props & { now: Date }) {
  const id = useId()
  const shown = (iso: string | undefined) => (iso ? dayWords(iso, now) : '')
  const [from, setFrom] = useState(shown(range.from))
  const [to, setTo] = useState(shown(range.to))
  const [fault, setFault] = useState<{ at: 'from' | 'to'; words: string }>()
  const send = (event: SyntheticEvent) => {
    event.preventDefault()
    const [first, last] = [readDay(from, now), readDay(to, now)]
    if (from.trim() !== '' && !first) setFault({ at: 'from', words: WRITE })
    else if (to.trim() !== '' && !last) setFault({ at: 'to', words: WRITE })
    else if (first && last && first > last) setFault({ at: 'to', words: 'Write a day that is not before the first.' })
    else onRange({ from: first, to: last })
  }
  const field = (at: 'from' | 'to', label: string, value: string, set: (text: string) => void) => (
    <label>
      <span>{label}</span>
      <input
        value={value}
        autoComplete="off"
        spellCheck={false}
        placeholder={at === 'from' ? 'The beginning' : 'Now'}
        aria-invalid={fault?.at === at || undefined}
        aria-describedby={fault?.at === at ? id : undefined}
        onChange={(event) => {
          set(event.target.value)
          setFault(undefined)
        }}
      />
    </label>
  )
  return (
    <form className={css['days']} aria-label="Between two days" onSubmit={send}>
      {field('from', 'From', from, setFrom)}
      {field('to', 'To', to, setTo)}
      <Button size="xs" type="submit">
        Show
      </Button>
      {fault && (
        <p id={id} role="alert">
          {fault.words}
        </p>
      )}
    </form>
  )
}

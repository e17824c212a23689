import { useId, type ReactNode } from 'react'
import { setColorScheme, useColorScheme, type ColorScheme } from '../../lib/color-scheme.ts'
import { setDensity, useDensity, type Density } from '../../lib/density.ts'
import { columnFolded, singleKeys } from '../../lib/preference.ts'
import { Section } from '../../ui/section.tsx'
import { Frame } from './frame.tsx'
import { KeptWords } from './kept-words.tsx'
import css from './appearance.module.css'

const themes: { value: ColorScheme; label: string; words: string }[] = [
  { value: 'auto', label: 'Match this device', words: 'Light or dark, as the device is set.' },
  { value: 'light', label: 'Light', words: 'Always light.' },
  { value: 'dark', label: 'Dark', words: 'Always dark.' },
]

const densities: { value: Density; label: string; words: string }[] = [
  { value: 'comfortable', label: 'Comfortable', words: 'Room between the rows.' },
  {
    value: 'compact',
    label: 'Compact',
    words: 'A quarter more rows on a screen. On phones rows stay as they are.',
  },
]

/** How do my pages look? Each choice is made at once; the page around it is the preview. */
export function AppearancePage() {
  const { choice } = useColorScheme()
  const density = useDensity()
  return (
    <Frame title="Appearance" heading="How your pages look">
      <KeptWords />
      <Section title="Theme">
        <Choice label="Theme" of={themes} value={choice} onChange={setColorScheme} />
      </Section>
      <Section title="Density">
        <Choice label="Density" of={densities} value={density} onChange={setDensity} />
      </Section>
      <Keyboard />
    </Frame>
  )
}

/** Not on a phone: it has neither keys nor a column. */
function Keyboard() {
  const keys = singleKeys.use()
  const folded = columnFolded.use()
  return (
    <div className={css['keyboard']}>
      <Section title="Keyboard and column">
        <div className={css['choices']}>
          <Tick
            label="Single-letter keys"
            checked={keys}
            onChange={(on) => {
              singleKeys.set(on)
            }}
          >
            <kbd>s</kbd> stars, <kbd>y</kbd> copies the ref, <kbd>g</kbd> <kbd>c</kbd> opens the catalog. Turn them off
            if you dictate or use a screen reader; ⌘K and Ctrl K always work.
          </Tick>
          <Tick
            className={css['fold']}
            label="Fold the column"
            checked={folded}
            onChange={(on) => {
              columnFolded.set(on)
            }}
          >
            The places at the left are icons without words, and the page is wider. <kbd>[</kbd> does the same.
          </Tick>
        </div>
      </Section>
    </div>
  )
}

interface ChoiceProps<T extends string> {
  label: string
  of: { value: T; label: string; words: string }[]
  value: T
  onChange: (next: T) => void
}

function Choice<T extends string>({ label, of, value, onChange }: ChoiceProps<T>) {
  const name = useId()
  return (
    <fieldset className={css['choices']} aria-label={label}>
      {of.map((one) => (
        <label key={one.value} className={css['choice']}>
          <input
            type="radio"
            name={name}
            checked={one.value === value}
            onChange={() => {
              onChange(one.value)
            }}
          />
          <span className={css['label']}>{one.label}</span>
          <span className="muted">{one.words}</span>
        </label>
      ))}
    </fieldset>
  )
}

interface TickProps {
  label: string
  className?: string | undefined
  checked: boolean
  onChange: (on: boolean) => void
  children: ReactNode
}

function Tick({ label, className, checked, onChange, children }: TickProps) {
  const words = useId()
  return (
    <label className={`${css['choice'] ?? ''} ${className ?? ''}`}>
      <input
        type="checkbox"
        checked={checked}
        aria-label={label}
        aria-describedby={words}
        onChange={(e) => {
          onChange(e.target.checked)
        }}
      />
      <span className={css['label']}>{label}</span>
      <span className="muted" id={words}>
        {children}
      </span>
    </label>
  )
}

import { useId, type ReactNode } from 'react'
import { setColorScheme, useColorScheme, type ColorScheme } from '../../lib/color-scheme.ts'
import { setDensity, useDensity, type Density } from '../../lib/density.ts'
import { columnFolded, singleKeys } from '../../lib/preference.ts'
import { Section } from '../../ui/section.tsx'
import { Frame } from './frame.tsx'
import { KeptWords } from './kept-words.tsx'
import css from './appearance.module.css'

const themes: { value: ColorScheme; label: string; words: string }[] = [
  { value: 'auto', label: 'As the system', words: 'Day or night, as this device has it.' },
  { value: 'light', label: 'Day', words: 'Limestone, whatever the hour.' },
  { value: 'dark', label: 'Night', words: 'Slate, whatever the hour.' },
]

const densities: { value: Density; label: string; words: string }[] = [
  { value: 'comfortable', label: 'Comfortable', words: 'Rows of 40 pixels.' },
  {
    value: 'compact',
    label: 'Compact',
    words: 'Rows of 32 pixels: a quarter more of them on a screen. On phones rows stay as they are.',
  },
]

/** How do my pages look? Each choice is made at once; the page around it is the preview. */
export function AppearancePage() {
  const { choice } = useColorScheme()
  const density = useDensity()
  const keys = singleKeys.use()
  const folded = columnFolded.use()
  return (
    <Frame title="Appearance" heading="How your pages look">
      <KeptWords />
      <Section title="Theme">
        <Choice label="Theme" of={themes} value={choice} onChange={setColorScheme} />
      </Section>
      <Section title="Density">
        <Choice label="Density" of={densities} value={density} onChange={setDensity} />
      </Section>
      <Section title="Keyboard and frame">
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
            label="Fold the column"
            checked={folded}
            onChange={(on) => {
              columnFolded.set(on)
            }}
          >
            Places are icons, and the page has the room. <kbd>[</kbd> does the same.
          </Tick>
        </div>
      </Section>
    </Frame>
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
  checked: boolean
  onChange: (on: boolean) => void
  children: ReactNode
}

function Tick({ label, checked, onChange, children }: TickProps) {
  const words = useId()
  return (
    <label className={css['choice']}>
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

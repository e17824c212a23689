import { useQuery } from '@tanstack/react-query'
import { Star as Drawing } from 'lucide-react'
import { useHotkeys } from '../lib/hotkeys.ts'
import { keepsSettings, useSession } from '../lib/session.ts'
import { starCountQuery, useStars, useToggleStar } from '../lib/stars.ts'
import { count, number } from '../lib/words.ts'
import { Icon } from './icon.tsx'
import css from './star.module.css'

interface Props {
  /** The ref of the entity. */
  entityRef: string
  /** What it is called, for those who do not see it. */
  name: string
}

/** Stars an entity, and says how many people did. Its key is `s`. */
export function StarButton({ entityRef, name }: Props) {
  const starred = useStars().has(entityRef.toLowerCase())
  const toggle = useToggleStar()
  const session = useSession()
  const { data } = useQuery(starCountQuery(entityRef))
  // The answer may be older than one's own star, and a guest's is not counted.
  const mine = keepsSettings(session) && starred ? 1 : 0
  const people = data && data.people - (data.mine ? 1 : 0) + mine
  const run = () => {
    toggle(entityRef)
  }
  useHotkeys({ s: run })
  const words = people ? `, ${count(people, 'person has', 'people have')} starred it` : ''
  return (
    <button
      type="button"
      className={css['star']}
      aria-pressed={starred}
      aria-label={`Star ${name}${words}`}
      aria-keyshortcuts="s"
      title={`${starred ? 'Take the star back' : 'Star'}${words}`}
      onClick={run}
    >
      <Icon of={Drawing} />
      <span className={css['n']} aria-hidden="true">
        {people ? number(people) : ''}
      </span>
    </button>
  )
}

/** The star alone, in lists; without a key. */
export function StarToggle({ entityRef, name, onOff }: Props & { onOff?: () => void }) {
  const starred = useStars().has(entityRef.toLowerCase())
  const toggle = useToggleStar()
  return (
    <button
      type="button"
      className={`${css['star'] ?? ''} ${css['bare'] ?? ''}`}
      aria-pressed={starred}
      aria-label={`Star ${name}`}
      title={starred ? 'Take the star back' : 'Star'}
      onClick={() => {
        toggle(entityRef)
        if (starred) onOff?.()
      }}
    >
      <Icon of={Drawing} />
    </button>
  )
}

import { useState } from 'react'
import { number, relationWords } from '../../lib/words.ts'
import { EmptyState } from '../../ui/empty-state.tsx'
import { MentionList } from '../../ui/mention-list.tsx'
import { Section } from '../../ui/section.tsx'
import { Around } from './around.tsx'
import { groups } from './neighbours.ts'
import { useEntity } from './use-entity.ts'
import css from './dependencies.module.css'

/** Every relation, both ways, by type. */
export function DependenciesTab() {
  const entity = useEntity()
  const all = groups(entity)
  const [hidden, setHidden] = useState<string[]>([])
  if (all.length === 0) {
    return (
      <div className={css['empty']}>
        <EmptyState door="open" title="Nothing is related to it">
          <p>Its file names nothing, and no other file in the catalog names it.</p>
        </EmptyState>
      </div>
    )
  }
  const toggle = (type: string) => {
    setHidden(hidden.includes(type) ? hidden.filter((t) => t !== type) : [...hidden, type])
  }
  return (
    <>
      <Around entity={entity} />
      {all.length > 1 && (
        <div className={css['types']} role="group" aria-label="Relations shown">
          {all.map(({ type, refs }) => (
            <button
              key={type}
              type="button"
              aria-pressed={!hidden.includes(type)}
              onClick={() => {
                toggle(type)
              }}
            >
              {relationWords(type).heading} <span className="num">{number(refs.length)}</span>
            </button>
          ))}
        </div>
      )}
      {all
        .filter(({ type }) => !hidden.includes(type))
        .map(({ type, refs }) => (
          <Section key={type} title={relationWords(type).heading} note={number(refs.length)}>
            <MentionList refs={refs} first={20} />
          </Section>
        ))}
    </>
  )
}

import { X } from 'lucide-react'
import { useName } from '../../lib/summaries.ts'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { KindGlyph } from '../../ui/kind-glyph.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { lookOf } from './fold.ts'
import { toggledIn, type GraphPageSearch } from './graph-search.ts'
import { Sample } from './relation-list.tsx'
import { wayRelations } from './way.ts'
import { byUse, labelOf } from './words.ts'
import css from './path.module.css'

interface Props {
  search: GraphPageSearch
  /** The relations that the way was looked for along. */
  along: string[]
  go: (next: GraphPageSearch) => void
}

/** Along what a way is looked for, and what it is not to lead through. */
export function PathBar({ search, along, go }: Props) {
  const offered = [...new Set([...wayRelations, ...along])].filter((type) => type !== 'none').sort(byUse)
  return (
    <div className={css['bar']}>
      <Segmented
        label="Direction"
        value={search.way ?? 'any'}
        options={[
          { value: 'any', label: 'Either way' },
          { value: 'along', label: 'From user to need' },
        ]}
        onChange={(next) => {
          go({ ...search, way: next === 'along' ? 'along' : undefined })
        }}
      />
      <Button
        size="xs"
        onClick={() => {
          go({ ...search, from: search.to, to: search.from })
        }}
      >
        Turn around
      </Button>
      <fieldset className={css['relations']}>
        <legend className="sr">Relations</legend>
        {offered.map((type) => (
          <label key={type}>
            <input
              type="checkbox"
              checked={along.includes(type)}
              onChange={() => {
                go({
                  ...search,
                  rel: toggledIn(
                    along.filter((t) => t !== 'none'),
                    type,
                  ) ?? ['none'],
                })
              }}
            />
            <Sample look={lookOf(type)} />
            {labelOf(type)}
          </label>
        ))}
        {search.rel !== undefined && (
          <button
            type="button"
            className={css['link']}
            onClick={() => {
              go({ ...search, rel: undefined })
            }}
          >
            Use first
          </button>
        )}
      </fieldset>
      {search.not && (
        <ul className={css['not']} aria-label="Not through">
          {search.not.map((ref) => (
            <Avoided
              key={ref}
              entityRef={ref}
              onBack={() => {
                go({ ...search, not: toggledIn(search.not, ref) })
              }}
            />
          ))}
        </ul>
      )}
    </div>
  )
}

function Avoided({ entityRef, onBack }: { entityRef: string; onBack: () => void }) {
  const name = useName(entityRef)
  return (
    <li>
      <span className="quiet">not through</span>
      <KindGlyph kind={entityRef.slice(0, entityRef.indexOf(':'))} size="bare" />
      <span className="cut">{name}</span>
      <button type="button" aria-label={`Through ${name} again`} title="Through it again" onClick={onBack}>
        <Icon of={X} size={14} />
      </button>
    </li>
  )
}

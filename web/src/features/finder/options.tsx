import { useQuery } from '@tanstack/react-query'
import { ArrowRight } from 'lucide-react'
import type { KeyboardEvent } from 'react'
import { summaryQuery, useMention, type Summary } from '../../lib/summaries.ts'
import { kindWords } from '../../lib/words.ts'
import { Icon } from '../../ui/icon.tsx'
import { KindGlyph } from '../../ui/kind-glyph.tsx'
import { Owner } from '../../ui/owner.tsx'
import { Lifecycle } from '../../ui/tag.tsx'
import { marked } from './rank.ts'
import css from './finder.module.css'

export interface Place {
  to: string
  name: string
}

interface OptionProps {
  id: string
  selected: boolean
  onPick: () => void
}

/** The field keeps the focus (aria-activedescendant), so an option needs no key of its own. */
const noKeys = (event: KeyboardEvent) => {
  event.stopPropagation()
}

export function PlaceOption({ id, place, selected, onPick }: OptionProps & { place: Place }) {
  return (
    <div
      id={id}
      role="option"
      aria-selected={selected}
      tabIndex={-1}
      className={css['option']}
      onClick={onPick}
      onKeyDown={noKeys}
    >
      <span className={css['glyph']}>
        <Icon of={ArrowRight} size={14} />
      </span>
      <b>{place.name}</b>
    </div>
  )
}

interface EntityOptionProps extends OptionProps {
  entityRef: string
  summary: Summary | undefined
  words: string[]
  onHover: () => void
}

export function EntityOption({ id, entityRef, summary, words, selected, onHover, onPick }: EntityOptionProps) {
  const mention = useMention(entityRef)
  const title = summary?.title ?? mention.title
  const type = summary?.type ?? mention.summary?.type
  const owner = summary?.owner
  return (
    <div
      id={id}
      role="option"
      aria-selected={selected}
      tabIndex={-1}
      className={css['option']}
      onClick={onPick}
      onMouseMove={onHover}
      onKeyDown={noKeys}
    >
      <KindGlyph kind={mention.kind} />
      <span className="cut">
        <b>{marked(title, words).map((part, i) => (part.hit ? <mark key={i}>{part.text}</mark> : part.text))}</b>{' '}
        <span className={css['note']}>
          {type ?? kindWords(mention.kind).one}
          {owner && (
            <>
              {' '}
              · <OwnerTitle owner={owner} />
            </>
          )}
        </span>
      </span>
    </div>
  )
}

function OwnerTitle({ owner }: { owner: string }) {
  return <>{useMention(owner).title}</>
}

/** What most look-ups are for: the owner and the state of the chosen hit. */
export function Preview({ entityRef }: { entityRef: string }) {
  const { data } = useQuery(summaryQuery(entityRef))
  if (!data) return null
  return (
    <>
      <h2>{data.title}</h2>
      {data.description && <p className="muted">{data.description}</p>}
      <dl>
        <dt>Kind</dt>
        <dd>{kindWords(data.kind).one}</dd>
        {data.type && (
          <>
            <dt>Type</dt>
            <dd>{data.type}</dd>
          </>
        )}
        {data.owner && (
          <>
            <dt>Owner</dt>
            <dd>
              <Owner owner={data.owner} link={false} />
            </dd>
          </>
        )}
        {data.lifecycle && (
          <>
            <dt>Lifecycle</dt>
            <dd>
              <Lifecycle value={data.lifecycle} />
            </dd>
          </>
        )}
      </dl>
    </>
  )
}

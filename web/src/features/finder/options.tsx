import type { KeyboardEvent, ReactNode } from 'react'
import { useMention } from '../../lib/summaries.ts'
import { count, kindWords, typeName } from '../../lib/words.ts'
import { Icon } from '../../ui/icon.tsx'
import { KindGlyph } from '../../ui/kind-glyph.tsx'
import type { Do } from './actions.ts'
import type { Hit } from './finder-query.ts'
import { marked } from './rank.ts'
import css from './finder.module.css'

interface OptionProps {
  id: string
  selected: boolean
  onPick: (newTab: boolean) => void
  onHover: () => void
}

/** The field keeps the focus (aria-activedescendant), so an option needs no key of its own. */
const noKeys = (event: KeyboardEvent) => {
  event.stopPropagation()
}

function Option({ id, selected, onPick, onHover, children }: OptionProps & { children: ReactNode }) {
  return (
    <div
      id={id}
      role="option"
      aria-selected={selected}
      tabIndex={-1}
      className={css['option']}
      onClick={(event) => {
        onPick(event.metaKey || event.ctrlKey)
      }}
      onMouseMove={onHover}
      onKeyDown={noKeys}
    >
      {children}
    </div>
  )
}

export function ActionOption({ action, words, ...props }: OptionProps & { action: Do; words: string[] }) {
  return (
    <Option {...props}>
      <span className={css['glyph']}>
        <Icon of={action.icon} size={16} />
      </span>
      <span className="cut">
        <b>
          <Marked text={action.words} words={words} />
        </b>
      </span>
      {action.keys && (
        <span className={css['keys']} aria-hidden="true">
          {action.keys.map((k) => (
            <kbd key={k}>{k}</kbd>
          ))}
        </span>
      )}
    </Option>
  )
}

/** Leads to all that was found of one kind. */
export function KindOption({ kind, found, ...props }: OptionProps & { kind: string; found: number }) {
  return (
    <Option {...props}>
      <KindGlyph kind={kind} />
      <span className="cut">
        <b>{count(found, kindWords(kind).one, kindWords(kind).many)}</b>
      </span>
    </Option>
  )
}

interface EntityOptionProps extends OptionProps {
  entityRef: string
  hit: Hit | undefined
  words: string[]
  tags: string[]
  mine: string[]
}

export function EntityOption({ entityRef, hit, words, tags, mine, ...props }: EntityOptionProps) {
  const mention = useMention(entityRef)
  const title = hit?.title ?? mention.title
  const name = hit?.name ?? mention.summary?.name
  const type = hit?.type ?? mention.summary?.type
  const owner = hit?.owner ?? mention.summary?.owner
  const tag = hit?.tags.find((t) => tags.some((start) => t.toLowerCase().startsWith(start)))
  return (
    <Option {...props}>
      <KindGlyph kind={mention.kind} />
      <span className="cut">
        <b>
          <Marked text={title} words={words} />
        </b>{' '}
        <span className={css['note']}>
          {name && !alike(name, title) && words.length > 0 && (
            <>
              <Marked text={name} words={words} /> ·{' '}
            </>
          )}
          {typeName(type) ?? kindWords(mention.kind).one}
          {owner && (
            <>
              {' '}
              · <OwnerTitle owner={owner} />
              {mine.includes(owner) && ', yours'}
            </>
          )}
          {tag && (
            <>
              {' '}
              · <Marked text={`#${tag}`} words={tags.map((t) => `#${t}`)} />
            </>
          )}
        </span>
      </span>
    </Option>
  )
}

/** Whether the title says no more than the name: `Payments` and `payments`. */
export function alike(name: string, title: string): boolean {
  return name.toLowerCase().replace(/[-_.]/g, ' ') === title.toLowerCase().replace(/[-_.]/g, ' ')
}

function Marked({ text, words }: { text: string; words: string[] }) {
  return <>{marked(text, words).map((part, i) => (part.hit ? <mark key={i}>{part.text}</mark> : part.text))}</>
}

function OwnerTitle({ owner }: { owner: string }) {
  return <>{useMention(owner).title}</>
}

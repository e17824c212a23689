import '@mantine/core/styles/ModalBase.css'
import '@mantine/core/styles/Modal.css'
import '@mantine/core/styles/Overlay.css'
import '@mantine/core/styles/Paper.css'
import { Modal } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Search } from 'lucide-react'
import { useDeferredValue, useEffect, useRef, useState, type KeyboardEvent } from 'react'
import { page } from '../../lib/paths.ts'
import { recentRefs } from '../../lib/recent.ts'
import { number } from '../../lib/words.ts'
import dialog from '../../ui/dialog.module.css'
import { Mantine } from '../../ui/mantine.tsx'
import { Icon } from '../../ui/icon.tsx'
import { finderQuery } from './finder-query.ts'
import { EntityOption, PlaceOption, Preview, type Place } from './options.tsx'
import css from './finder.module.css'

interface Props {
  operator: boolean
  onClose: () => void
}

type Choice = { type: 'place'; place: Place } | { type: 'entity'; ref: string }

/** ⌘K: type a part of a name, ↵ goes there. */
export function Finder({ operator, onClose }: Props) {
  const navigate = useNavigate()
  const [typed, setTyped] = useState('')
  const term = useDeferredValue(typed.trim())
  const { data, isPlaceholderData, isFetching } = useQuery(finderQuery(term))
  const found = term === '' || term === '@' ? undefined : data
  const choices = found ? found.hits.map((h): Choice => ({ type: 'entity', ref: h.ref })) : opening(operator, term)
  const [cursor, setCursor] = useState(0)
  const at = Math.min(cursor, choices.length - 1)
  const chosen = choices[at]
  const list = useRef<HTMLDivElement>(null)
  useEffect(() => {
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' })
  }, [at, choices.length])

  const open = (choice: Choice, newTab = false) => {
    const to = choice.type === 'place' ? choice.place.to : page.entity(choice.ref)
    onClose()
    if (newTab) window.open(to, '_blank', 'noopener')
    else void navigate({ to })
  }
  const onKey = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step !== 0) {
      event.preventDefault()
      setCursor((at + step + choices.length) % Math.max(1, choices.length))
    }
    if (event.key === 'Enter' && chosen && !event.nativeEvent.isComposing) {
      event.preventDefault()
      if (event.shiftKey && found) {
        onClose()
        void navigate({
          to: page.catalog,
          search: { kind: found.hits[0]?.kind ?? 'component', q: term.replace(/^@/, '') },
        })
      } else open(chosen, event.metaKey || event.ctrlKey)
    }
  }
  const words = term.replace(/^@/, '').toLowerCase().split(/\s+/).filter(Boolean)
  const nothing = found?.hits.length === 0 && !isPlaceholderData && !isFetching
  return (
    <Mantine>
      <Modal.Root
        opened
        onClose={onClose}
        size={880}
        lockScroll={false}
        zIndex="var(--z-palette)"
        classNames={{ inner: css['inner'] ?? '', content: css['content'] ?? '', overlay: dialog['overlay'] ?? '' }}
        transitionProps={{ duration: 0 }}
      >
        <Modal.Overlay />
        <Modal.Content aria-label="Find anything">
          <label className={css['input']}>
            <Icon of={Search} size={18} />
            <span className="sr">Find a service, API, team or person</span>
            <input
              data-autofocus
              role="combobox"
              aria-expanded="true"
              aria-controls="finder-list"
              aria-autocomplete="list"
              aria-activedescendant={chosen ? `finder-${at}` : undefined}
              placeholder="Find a service, API, team or person"
              value={typed}
              spellCheck={false}
              autoComplete="off"
              onChange={(event) => {
                setTyped(event.target.value)
                setCursor(0)
              }}
              onKeyDown={onKey}
            />
            <kbd>esc</kbd>
          </label>
          <div className={css['body']}>
            <div ref={list} id="finder-list" className={css['list']} role="listbox" aria-label="Results">
              {choices.map((choice, i) => (
                <div key={choice.type === 'place' ? choice.place.to : choice.ref} role="presentation">
                  {heading(choices, i, found !== undefined) && (
                    <p className={css['group']} role="presentation">
                      {heading(choices, i, found !== undefined)}
                    </p>
                  )}
                  {choice.type === 'place' ? (
                    <PlaceOption
                      id={`finder-${i}`}
                      place={choice.place}
                      selected={i === at}
                      onPick={() => {
                        open(choice)
                      }}
                    />
                  ) : (
                    <EntityOption
                      id={`finder-${i}`}
                      entityRef={choice.ref}
                      summary={found?.hits[i]}
                      words={words}
                      selected={i === at}
                      onHover={() => {
                        setCursor(i)
                      }}
                      onPick={() => {
                        open(choice)
                      }}
                    />
                  )}
                </div>
              ))}
              {nothing && (
                <p className={css['nothing']}>
                  Nothing matches “{term}”. Names, titles and descriptions of the whole catalog were looked at.
                </p>
              )}
            </div>
            <aside className={css['preview']} aria-hidden="true">
              {chosen?.type === 'entity' && <Preview key={chosen.ref} entityRef={chosen.ref} />}
            </aside>
          </div>
          <div className={css['foot']} aria-hidden="true">
            <span>
              <kbd>↑</kbd>
              <kbd>↓</kbd>move
            </span>
            <span>
              <kbd>↵</kbd>open
            </span>
            <span>
              <kbd>⌘ ↵</kbd>new tab
            </span>
            <span>
              <kbd>@</kbd>people and teams
            </span>
            {found && found.total > 0 && (
              <span className="end">
                All {number(found.total)} in the catalog <kbd>⇧ ↵</kbd>
              </span>
            )}
          </div>
          <p className="sr" role="status">
            {found ? `${number(found.total)} results` : ''}
          </p>
        </Modal.Content>
      </Modal.Root>
    </Mantine>
  )
}

/** Before anything is typed: what was looked at last, and the places of the portal. */
function opening(operator: boolean, term: string): Choice[] {
  if (term !== '') return []
  const places: Place[] = [
    { to: page.home, name: 'Home' },
    { to: page.catalog, name: 'Catalog' },
    ...(operator
      ? [
          { to: page.sources, name: 'Sources' },
          { to: page.problems, name: 'Problems' },
        ]
      : []),
  ]
  return [
    ...recentRefs()
      .slice(0, 5)
      .map((ref): Choice => ({ type: 'entity', ref })),
    ...places.map((place): Choice => ({ type: 'place', place })),
  ]
}

function heading(choices: Choice[], i: number, found: boolean): string | undefined {
  if (found) return i === 0 ? 'Best match' : i === 1 ? 'Catalog' : undefined
  if (i > 0 && choices[i - 1]?.type === choices[i]?.type) return undefined
  return choices[i]?.type === 'place' ? 'Go to' : 'Looked at lately'
}

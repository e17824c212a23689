import '@mantine/core/styles/ModalBase.css'
import '@mantine/core/styles/Modal.css'
import '@mantine/core/styles/Overlay.css'
import '@mantine/core/styles/Paper.css'
import { Modal } from '@mantine/core'
import { Search, X } from 'lucide-react'
import { useEffect, useRef, useState, type KeyboardEvent } from 'react'
import { begin } from '../../lib/find.ts'
import { useMyTeams } from '../../lib/my-teams.ts'
import { page } from '../../lib/paths.ts'
import { useSession } from '../../lib/session.ts'
import { parseRef } from '../../lib/entity.ts'
import { useName } from '../../lib/summaries.ts'
import { capital, count, kindWords } from '../../lib/words.ts'
import dialog from '../../ui/dialog.module.css'
import { Icon } from '../../ui/icon.tsx'
import { Mantine } from '../../ui/mantine.tsx'
import { errorSentence } from '../../ui/strip.tsx'
import { entityActions, matching } from './actions.ts'
import { readTyped, scopes, tagsOf, withoutSign, type Scope } from './asked.ts'
import { actionChoice, runs, type Choice, type Cursor } from './choices.ts'
import { Foot, Heard, Scopes } from './frame.tsx'
import { ActionOption, EntityOption, KindOption } from './options.tsx'
import { Hint, Preview } from './preview.tsx'
import { useChoices } from './use-choices.ts'
import { useGo, useHere, useWorld } from './use-world.ts'
import css from './finder.module.css'

interface Props {
  onClose: () => void
  onKeys: () => void
}

/** ⌘K: type a part of a name, ↵ goes there. */
export function Finder({ onClose, onKeys }: Props) {
  const [typed, setTyped] = useState(begin.words)
  const [scope, setScope] = useState<Scope>('all')
  const [cursor, setCursor] = useState<Cursor>()
  const [kind, setKind] = useState<string>()
  const [of, setOf] = useState<{ ref: string; typed: string; cursor: Cursor }>()
  const world = useWorld(onKeys)
  const here = useHere()
  const go = useGo(onClose)
  const mine = [useSession().principal?.ref ?? '', ...useMyTeams()]

  const offered = useChoices(of?.typed ?? typed, scope, of?.cursor ?? cursor, here, world, kind)
  const { asked, total } = offered
  const words = of ? readTyped(typed, 'actions').words : asked.words
  const choices = of
    ? matching(entityActions(of.ref, world), words).map((a) => actionChoice(a, 'What to do with it'))
    : offered.choices
  const found = cursor ? choices.findIndex((c) => c.key === cursor.choice.key) : 0
  const at = Math.max(0, found)
  const chosen = choices[at]
  const list = useRef<HTMLDivElement>(null)
  useEffect(() => {
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' })
  }, [chosen?.key])

  const type = (next: string) => {
    setTyped(next)
    setCursor(undefined)
  }
  const narrow = (next: Scope) => {
    setScope(next)
    setKind(undefined)
    type(withoutSign(typed))
  }
  const stand = (to: number) => {
    const choice = choices[to]
    if (choice) setCursor({ choice, at: to })
  }
  const open = (choice: Choice, newTab = false) => {
    if (choice.type === 'kind') {
      setKind(choice.kind)
      setCursor(undefined)
    } else if (choice.type === 'entity') go({ to: page.entity(choice.ref) }, newTab)
    else go(choice.action, newTab)
  }
  const back = () => {
    if (!of) return
    setTyped(of.typed)
    setCursor(of.cursor)
    setOf(undefined)
  }
  const widen = () => {
    setKind(undefined)
    setCursor(undefined)
  }
  // The list of the catalog is of one kind: that of the row one stands on.
  const first = offered.choices.find((c) => c.type === 'entity')
  const stands = chosen?.type === 'entity' ? chosen : first
  const shownKind =
    chosen?.type === 'kind' ? chosen.kind : stands?.type === 'entity' ? parseRef(stands.ref).kind : undefined
  const ofKind = shownKind === undefined ? 0 : (offered.kinds[shownKind] ?? 0)
  const all = () => {
    if (shownKind === undefined || ofKind === 0) return
    const [word, ...others] = asked.words
    // The catalog looks for what is typed as it stands; of several words and of tags the list is here.
    if (word === undefined || others.length > 0 || asked.term !== word) {
      setKind(shownKind)
      setCursor(undefined)
    } else go({ to: page.catalog, search: { kind: shownKind, q: word } })
  }
  const onKey = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.nativeEvent.isComposing) return
    const { selectionStart, value } = event.currentTarget
    const does: Partial<Record<string, () => void>> = {
      ArrowDown: () => {
        stand((at + 1) % Math.max(1, choices.length))
      },
      ArrowUp: () => {
        stand((at - 1 + choices.length) % Math.max(1, choices.length))
      },
      Tab: () => {
        if (!of)
          narrow(
            scopes[(scopes.indexOf(asked.scope) + (event.shiftKey ? -1 : 1) + scopes.length) % scopes.length] ?? 'all',
          )
      },
      Enter: () => {
        if (event.shiftKey && !of) all()
        else if (chosen) open(chosen, event.metaKey || event.ctrlKey)
      },
      ...(chosen?.type === 'entity' && selectionStart === value.length
        ? {
            ArrowRight: () => {
              setOf({ ref: chosen.ref, typed, cursor: { choice: chosen, at } })
              type('')
            },
          }
        : {}),
      ...(of && value === '' ? { ArrowLeft: back, Backspace: back } : {}),
      ...(of ? { Escape: back } : kind !== undefined ? { Escape: widen } : {}),
      ...(!of && kind !== undefined && value === '' ? { Backspace: widen } : {}),
    }
    const run = does[event.key]
    if (!run) return
    event.preventDefault()
    run()
  }
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
          <div className={css['input']}>
            <Icon of={Search} size={18} />
            {of && <Of entityRef={of.ref} />}
            {!of && kind !== undefined && <span className={css['of']}>{capital(kindWords(kind).many)}</span>}
            <input
              data-autofocus
              // Escape leads back here before it closes.
              data-mantine-stop-propagation={of || kind !== undefined ? 'true' : undefined}
              role="combobox"
              aria-label="Find a service, API, team or person"
              aria-expanded="true"
              aria-controls="finder-list"
              aria-autocomplete="list"
              aria-activedescendant={chosen ? `finder-${at}` : undefined}
              placeholder={of ? 'What to do with it' : 'Find a service, API, team or person'}
              value={typed}
              spellCheck={false}
              autoComplete="off"
              onFocus={() => {
                // With what was typed while it was fetched, and until it has the keyboard.
                if (begin.words) type(begin.words)
                begin.words = ''
              }}
              onChange={(event) => {
                type(event.target.value)
              }}
              onKeyDown={onKey}
            />
            <button type="button" className={css['close']} aria-label="Close" tabIndex={-1} onClick={onClose}>
              <kbd className="wide">esc</kbd>
              <span className="narrow">
                <Icon of={X} size={18} />
              </span>
            </button>
          </div>
          <Scopes scope={asked.scope} counts={offered.counts} hidden={of !== undefined} onPick={narrow} />
          <div className={css['body']}>
            <div ref={list} id="finder-list" className={css['list']} role="listbox" aria-label="Results">
              {runs(choices).map((run) => (
                <div key={`${run.group} ${run.from}`} role="group" aria-label={run.group}>
                  <p className={css['group']} aria-hidden="true">
                    {run.group}
                  </p>
                  {run.choices.map((choice, n) => {
                    const i = run.from + n
                    const props = {
                      id: `finder-${i}`,
                      selected: i === at,
                      words,
                      onPick: (newTab: boolean) => {
                        open(choice, newTab)
                      },
                      onHover: () => {
                        if (i !== at) stand(i)
                      },
                    }
                    return choice.type === 'kind' ? (
                      <KindOption key={choice.key} kind={choice.kind} found={choice.count} {...props} />
                    ) : choice.type === 'action' ? (
                      <ActionOption key={choice.key} action={choice.action} {...props} />
                    ) : (
                      <EntityOption
                        key={choice.key}
                        entityRef={choice.ref}
                        hit={choice.hit}
                        tags={tagsOf(asked)}
                        mine={mine}
                        {...props}
                      />
                    )
                  })}
                </div>
              ))}
            </div>
            {choices.length === 0 && (
              <p className={css['nothing']}>
                {offered.error
                  ? `The search did not come through. ${errorSentence(offered.error)}`
                  : offered.nothing || of
                    ? `Nothing matches “${typed.trim()}”. ${asked.scope === 'all' ? 'Names, titles and descriptions of the whole catalog were looked at.' : 'Tab looks elsewhere.'}`
                    : asked.term === ''
                      ? 'Type a part of a name.'
                      : ''}
              </p>
            )}
            <aside className={css['preview']} aria-hidden="true">
              {chosen?.type === 'entity' && <Preview key={chosen.ref} entityRef={chosen.ref} hit={chosen.hit} ways />}
              {(chosen?.type === 'action' || chosen?.type === 'kind') && !of && <Hint />}
              {of && (
                <Preview
                  key={of.ref}
                  entityRef={of.ref}
                  hit={of.cursor.choice.type === 'entity' ? of.cursor.choice.hit : undefined}
                />
              )}
            </aside>
          </div>
          <Foot
            all={
              of || kind !== undefined || shownKind === undefined || ofKind < 2
                ? undefined
                : `All ${count(ofKind, kindWords(shownKind).one, kindWords(shownKind).many)}`
            }
            back={of !== undefined}
          />
          <Heard scope={asked.scope} total={total} choices={choices.length} typed={asked.term !== ''} />
        </Modal.Content>
      </Modal.Root>
    </Mantine>
  )
}

function Of({ entityRef }: { entityRef: string }) {
  return <span className={css['of']}>{useName(entityRef)}</span>
}

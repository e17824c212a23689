import { useQuery } from '@tanstack/react-query'
import { useEffect, useId, useRef, useState, type ReactNode } from 'react'
import { createPortal } from 'react-dom'
import { refOf, titleOf, type Entity } from '../../lib/entity.ts'
import { later } from '../../lib/later.tsx'
import { Actor } from '../../ui/actor.tsx'
import { ActionButton } from '../../ui/action.tsx'
import { Fresh } from '../../ui/fresh.tsx'
import { usePlace } from '../../ui/place.ts'
import {
  differenceWords,
  factsOf,
  glyphs,
  markOf,
  fieldOf,
  nameOf,
  placeOf,
  provenanceQuery,
  sentence,
  words,
} from './provenance.ts'
import type { ProvenFact } from './provenance.ts'
import css from './fact.module.css'

export { Proposed } from './proposed.tsx'

const EditFields = later(() => import('./edit-fields.tsx'), 'EditFields')

/** Until the popover of a fact opens under the pointer, and until it closes behind it, in milliseconds. */
const OPEN = 300
const CLOSE = 200

interface Props {
  entity: Entity
  /** The field that it shows. */
  path: string
  children: ReactNode
}

/** A fact that tells where it comes from: by how it is drawn, and, looked at, in words. Declared ones are plain. */
export function Fact({ entity, path, children }: Props) {
  const { data } = useQuery(provenanceQuery(refOf(entity)))
  const [fact] = data ? factsOf(data.fields, path) : []
  if (!fact) return children
  return (
    <Told entity={entity} fact={fact} settable={data?.settable.includes(fieldOf(path)) ?? false}>
      {children}
    </Told>
  )
}

function Told({
  entity,
  fact,
  settable,
  children,
}: {
  entity: Entity
  fact: ProvenFact
  settable: boolean
  children: ReactNode
}) {
  const id = useId()
  const whole = useRef<HTMLSpanElement>(null)
  const popover = useRef<HTMLDivElement>(null)
  const timer = useRef<number>(undefined)
  const [open, setOpen] = useState(false)
  const [editing, setEditing] = useState(false)
  const mark = markOf(fact)
  const name = nameOf(fact.path)
  const soon = (show: boolean) => {
    window.clearTimeout(timer.current)
    timer.current = window.setTimeout(
      () => {
        popover.current?.togglePopover(show)
      },
      show ? OPEN : CLOSE,
    )
  }
  useEffect(
    () => () => {
      window.clearTimeout(timer.current)
    },
    [],
  )
  const pointer = {
    onPointerEnter: (event: React.PointerEvent) => {
      if (event.pointerType === 'mouse') soon(true)
    },
    onPointerLeave: (event: React.PointerEvent) => {
      if (event.pointerType === 'mouse') soon(false)
    },
  }
  return (
    <span ref={whole} className={css['fact']} data-mark={mark} {...pointer}>
      {children}
      {glyphs[mark] && (
        <button
          type="button"
          className={css['mark']}
          aria-label={`${name}: where it comes from`}
          aria-haspopup="dialog"
          aria-expanded={open}
          popoverTarget={id}
        >
          {glyphs[mark]}
        </button>
      )}
      {/* A fact may stand within a line of text, which holds neither. */}
      {createPortal(
        <>
          <div
            id={id}
            ref={popover}
            popover="auto"
            role="dialog"
            aria-label={`Where the ${name.toLowerCase()} comes from`}
            className={css['popover']}
            onToggle={(event) => {
              setOpen(event.newState === 'open')
            }}
          >
            {open && (
              <Words
                entity={entity}
                fact={fact}
                beside={whole}
                onEdit={
                  settable
                    ? () => {
                        popover.current?.hidePopover()
                        setEditing(true)
                      }
                    : undefined
                }
              />
            )}
          </div>
          {editing && (
            <EditFields
              entity={entity}
              begin={fieldOf(fact.path)}
              onClose={() => {
                setEditing(false)
              }}
            />
          )}
        </>,
        document.body,
      )}
    </span>
  )
}

function Words({
  entity,
  fact,
  beside,
  onEdit,
}: {
  entity: Entity
  fact: ProvenFact
  beside: React.RefObject<HTMLElement | null>
  onEdit: (() => void) | undefined
}) {
  const box = usePlace(beside)
  return (
    <div ref={box} className={css['words']}>
      <Source fact={fact} />
      {onEdit && (
        <ActionButton
          may="catalog.entity.edit"
          on={refOf(entity)}
          size="xs"
          aria-label={`Correct the ${words[fieldOf(fact.path)]?.toLowerCase() ?? fact.path} of ${titleOf(entity)}`}
          onClick={onEdit}
        >
          {fact.layer === 'inferred' ? 'Confirm or correct…' : 'Correct…'}
        </ActionButton>
      )}
    </div>
  )
}

/** Where a fact comes from, in a sentence or two: for a popover and for a form. */
export function Source({ fact }: { fact: ProvenFact }) {
  const places = (fact.evidence ?? []).filter((e) => e.file)
  return (
    <>
      <p>
        {sentence(fact)}
        {fact.at && (
          <>
            {' '}
            <Fresh at={fact.at} />
            <Actor actor={fact.by} />
          </>
        )}
      </p>
      {places.length > 0 && (
        <p className="mono small">
          {places.slice(0, 3).map((e) =>
            e.url ? (
              <a key={placeOf(e)} className="link" href={e.url} target="_blank" rel="noreferrer noopener">
                {placeOf(e)} ↗
              </a>
            ) : (
              <span key={placeOf(e)}>{placeOf(e)} </span>
            ),
          )}
        </p>
      )}
      {fact.alias && (
        <p>
          It says <span className="mono">{fact.alias.says}</span>, for which this stands since{' '}
          <Fresh at={fact.alias.at} />.
        </p>
      )}
      {fact.differs?.map((d) => (
        <p key={d.layer} className={css['differs']}>
          ≠ {differenceWords(d)}
          {d.at && (
            <>
              {' '}
              <Fresh at={d.at} />
              <Actor actor={d.by} />
            </>
          )}
        </p>
      ))}
    </>
  )
}

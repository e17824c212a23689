import { useEffect, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react'
import { number } from '../../lib/words.ts'
import { KindGlyph } from '../../ui/kind-glyph.tsx'
import { QuickLink } from '../../ui/quick-link.tsx'
import { layout, MOST_AREAS, mostNamed, roomFor, towards, type Placed } from './map-layout.ts'
import type { Area } from './map-tree.ts'
import type { Box } from './treemap.ts'
import { usePhone } from './row-height.ts'
import css from './map.module.css'

interface Props {
  areas: Area[]
  label: string
  /** The number of an area in words. */
  says: (area: Area) => string
  /** The address that an area leads to. */
  to: (area: Area) => string
  /** One level out, where there is one. */
  onOut: (() => void) | undefined
}

/** The height of a line of a name inside an area. */
const LINE = 16

let zooming = false

/** As many as a phone lists before somebody asks for more. */
const PHONE = 100

/**
 * Areas as large as their numbers. It is a list of links, read as one, and drawn as one where it is narrow. One area is
 * the stop of Tab; arrows go to the neighbours, ↵ goes in, Backspace out.
 */
export function Treemap({ areas, label, says, to, onOut }: Props) {
  const phone = usePhone()
  const list = useRef<HTMLUListElement>(null)
  const [size, setSize] = useState({ w: 0, h: 0 })
  const [at, setAt] = useState(0)
  useLayoutEffect(() => {
    const box = list.current
    if (!box) return
    const measure = () => {
      setSize({ w: box.clientWidth, h: box.clientHeight })
    }
    measure()
    const grows = new ResizeObserver(measure)
    grows.observe(box)
    return () => {
      grows.disconnect()
    }
  }, [])
  const [all, setAll] = useState(false)
  const most = all ? MOST_AREAS : phone ? PHONE : mostNamed(size.w, size.h)
  const placed = useMemo(() => layout(areas.slice(0, most), size.w, size.h), [areas, most, size])
  const left = Math.min(areas.length, MOST_AREAS) - placed.length
  const stop = Math.min(at, placed.length - 1)

  const focus = (index: number) => {
    list.current?.querySelectorAll<HTMLElement>(':scope > li > a')[index]?.focus()
  }
  // Who went in or out by the keyboard goes on where they arrive.
  useEffect(() => {
    if (!zooming || placed.length === 0) return
    zooming = false
    focus(0)
  }, [placed.length])

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.metaKey || event.ctrlKey || event.altKey) return
    const boxes = placed.map((p) => p.box)
    const next = phone
      ? { ArrowDown: stop + 1, ArrowUp: stop - 1 }[event.key]
      : event.key.startsWith('Arrow')
        ? towards(boxes, stop, event.key)
        : undefined
    const to = { Home: 0, End: placed.length - 1 }[event.key] ?? next
    if (to !== undefined) {
      event.preventDefault()
      focus(Math.min(Math.max(to, 0), placed.length - 1))
    } else if ((event.key === 'Backspace' || event.key === 'Escape') && onOut) {
      event.preventDefault()
      zooming = true
      onOut()
    } else if (event.key === 'Enter') zooming = true
  }

  return (
    <>
      {/* The links in it are what has the focus; the list hears the keys of all of them. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <ul ref={list} className={css['areas']} aria-label={label} onKeyDown={onKeyDown}>
        {placed.map((p, i) => (
          <One
            key={p.area.ref}
            placed={p}
            says={says}
            to={to}
            stop={i === stop}
            onFocus={() => {
              setAt(i)
            }}
          />
        ))}
      </ul>
      {left > 0 && (
        <p className={css['rest']}>
          {number(left)} smaller ones are not drawn.{' '}
          <button
            type="button"
            className={css['all']}
            onClick={() => {
              setAll(true)
            }}
          >
            Draw all
          </button>
        </p>
      )}
    </>
  )
}

interface OneProps extends Pick<Props, 'says' | 'to'> {
  placed: Placed
  stop: boolean
  onFocus?: () => void
  inside?: boolean
}

function One({ placed, says, to, stop, onFocus, inside = false }: OneProps) {
  const { area, box, children } = placed
  const li = useRef<HTMLLIElement>(null)
  useLayoutEffect(() => {
    place(li.current, box)
  }, [box])
  const room = roomFor(box)
  return (
    <li
      ref={li}
      className={css['area']}
      data-inside={inside}
      data-room={room}
      data-loose={area.kind === ''}
      data-holds={children.length > 0}
    >
      <QuickLink
        to={to(area)}
        stay={!area.single}
        tabIndex={stop ? 0 : -1}
        title={area.single ? area.title : `${area.title}, ${says(area)}`}
        onFocus={onFocus}
      >
        {area.kind !== '' && <KindGlyph kind={area.kind} size="bare" />}
        <span className={`${css['name'] ?? ''} cut`}>{area.title}</span>
        {!area.single && (
          <span className={css['n']}>
            <span aria-hidden="true">{number(area.count)}</span>
            <span className="sr">{says(area)}</span>
          </span>
        )}
      </QuickLink>
      {children.length > 0 && (
        <ul>
          {children.map((child) => (
            <One key={child.area.ref} placed={child} says={says} to={to} stop={false} inside />
          ))}
        </ul>
      )}
    </li>
  )
}

function place(element: HTMLElement | null, { x, y, w, h }: Box): void {
  for (const [name, value] of Object.entries({ x, y, w, h }))
    element?.style.setProperty(`--${name}`, `${String(value)}px`)
  element?.style.setProperty('--lines', String(Math.max(1, Math.floor((h - 6) / LINE))))
}

import {
  memo,
  startTransition,
  useDeferredValue,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
} from 'react'
import { text, type Entity } from '../../lib/entity.ts'
import { absentWords, statusOf } from '../../lib/missing.ts'
import { number } from '../../lib/words.ts'
import { usePhone } from '../../lib/widths.ts'
import { KindGlyph } from '../../ui/kind-glyph.tsx'
import { QuickLink } from '../../ui/quick-link.tsx'
import { Status } from '../../ui/status.tsx'
import { Lifecycle } from '../../ui/tag.tsx'
import { layout, MOST_AREAS, mostNamed, outlines, roomFor, roomForAge, towards, type Placed } from './map-layout.ts'
import type { Area } from './map-tree.ts'
import type { Box } from './treemap.ts'
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
export function Treemap({ areas: given, label, says, to, onOut }: Props) {
  // Drawn in pieces, when there is time: what was pressed is seen before.
  const areas = useDeferredValue(given)
  const phone = usePhone()
  const list = useRef<HTMLUListElement>(null)
  const [size, setSize] = useState({ w: 0, h: 0 })
  const [at, setAt] = useState(0)
  useLayoutEffect(() => {
    const box = list.current
    if (!box) return
    const measure = () => {
      startTransition(() => {
        setSize({ w: box.clientWidth, h: box.clientHeight })
      })
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
  const placed = useMemo(() => (size.w > 0 ? layout(areas.slice(0, most), size.w, size.h) : []), [areas, most, size])
  // First the areas, then what is in them.
  const [deep, setDeep] = useState(false)
  useEffect(() => {
    if (placed.length > 0)
      startTransition(() => {
        setDeep(true)
      })
  }, [placed.length])
  const left = size.w > 0 ? Math.min(areas.length, MOST_AREAS) - placed.length : 0
  const stop = Math.min(at, placed.length - 1)

  const focus = (index: number) => {
    list.current?.querySelectorAll<HTMLElement>(':scope > li > a')[index]?.focus()
  }
  // Who went in or out by the keyboard goes on where they arrive; until that is drawn, the list hears their keys.
  useLayoutEffect(() => {
    if (!zooming) return
    if (placed.length === 0) list.current?.focus({ preventScroll: true })
    else {
      zooming = false
      focus(0)
    }
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
      <ul ref={list} className={css['areas']} aria-label={label} tabIndex={-1} onKeyDown={onKeyDown}>
        {placed.map((p, i) => (
          <One
            key={p.area.ref}
            placed={p}
            says={says}
            to={to}
            stop={i === stop}
            index={i}
            onAt={setAt}
            phone={phone}
            deep={deep && !phone}
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

/** Its lifecycle, where that is worth a word: most are in production. */
function ageOf(e: Entity | undefined): string | undefined {
  const age = text(e?.spec?.['lifecycle'])
  return age?.toLowerCase() === 'production' ? undefined : age
}

function Needs({ entity }: { entity: Entity }) {
  const item = statusOf(entity)
  if (item) return <Status shape={item.level === 'error' ? 'bad' : 'warn'} />
  const absent = entity.portico?.absent
  return absent ? <Status shape="warn" label={absentWords(absent)} /> : null
}

/** What a single one says, also where there is no room for a mark of it. */
function singleWords(e: Entity, title: string): string {
  const absent = e.portico?.absent
  const needs = statusOf(e) ? 'needs attention' : absent && absentWords(absent)
  return [title, ageOf(e), needs].filter(Boolean).join(', ')
}

interface OneProps extends Pick<Props, 'says' | 'to'> {
  placed: Placed
  phone: boolean
  /** Whether what is in it is drawn too. */
  deep: boolean
  /** Whether Tab stops at it. */
  stop?: boolean
  /** Its place among those that the arrows go over; what is inside another has none. */
  index?: number
  onAt?: (index: number) => void
}

const One = memo(function One({ placed, says, to, phone, deep, stop = false, index, onAt }: OneProps) {
  const { area, box, children, specks } = placed
  const li = useRef<HTMLLIElement>(null)
  const inside = index === undefined
  // A name that stands alone in its area has as many lines as that is high.
  const alone = children.length + specks.length === 0
  // A list has room for everything.
  const room = phone ? 'all' : roomFor(box)
  const age = phone || roomForAge(box) ? ageOf(area.single) : undefined
  const lines = alone ? Math.max(1, Math.floor((box.h - 6) / LINE) - (age ? 1 : 0)) : undefined
  useLayoutEffect(() => {
    if (li.current) place(li.current, phone ? undefined : box, lines)
  }, [box, phone, lines])
  const words = area.single ? singleWords(area.single, area.title) : `${area.title} ${says(area)}`
  return (
    <li
      ref={li}
      className={css['area']}
      data-inside={inside}
      data-room={room}
      data-loose={area.kind === ''}
      data-holds={!alone}
    >
      <QuickLink
        to={to(area)}
        stay={area.single === undefined}
        tabIndex={stop ? 0 : -1}
        title={area.single ? words : `${area.title}, ${says(area)}`}
        aria-label={words}
        onFocus={() => {
          if (index !== undefined) onAt?.(index)
        }}
      >
        {room === 'all' && area.kind !== '' && <KindGlyph kind={area.kind} size="bare" />}
        {room !== 'none' && <span className={`${css['name'] ?? ''} cut`}>{area.title}</span>}
        {room !== 'none' && area.single && <Needs entity={area.single} />}
        {age && (
          <span className={css['age']}>
            <Lifecycle value={age} />
          </span>
        )}
        {room === 'all' && !area.single && <span className={css['n']}>{number(area.count)}</span>}
      </QuickLink>
      {deep && specks.length > 0 && (
        <svg className={css['specks']} aria-hidden="true">
          <path d={outlines(specks)} />
        </svg>
      )}
      {deep && children.length > 0 && (
        <ul>
          {children.map((child) => (
            <One key={child.area.ref} placed={child} says={says} to={to} phone={phone} deep={deep} />
          ))}
        </ul>
      )}
    </li>
  )
})

/** Set on the element itself: a property of our own would be handed down to everything in it. */
function place(element: HTMLElement, box: Box | undefined, lines: number | undefined): void {
  const { style } = element
  style.left = box ? `${String(box.x)}px` : ''
  style.top = box ? `${String(box.y)}px` : ''
  style.width = box ? `${String(box.w)}px` : ''
  style.height = box ? `${String(box.h)}px` : ''
  if (box && lines !== undefined) style.setProperty('--lines', String(lines))
  else style.removeProperty('--lines')
}

import { useMediaQuery } from '@mantine/hooks'
import { Link } from '@tanstack/react-router'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useRef, useState } from 'react'
import { page } from '../../lib/paths.ts'
import { number } from '../../lib/words.ts'
import { Tag } from '../../ui/tag.tsx'
import type { ApiTabSearch } from './api-search.ts'
import { Badge } from './badge.tsx'
import type { Row } from './outline-rows.ts'
import css from './outline.module.css'

const HEAD = 40
/** An item has a line below its name where there is something to say; one of a single line is as high as a finger needs. */
const TWO_LINES = 46
const ONE_LINE = 32
const FINGER = 44

interface Props {
  entityRef: string
  rows: Row[]
  search: ApiTabSearch
  label: string
  /** Something of it was chosen. */
  onChosen?: (() => void) | undefined
}

/** Everything that a definition offers, by group. Only rows near the sight are in the document. One stop of the Tab key; arrows move within. */
export function OutlineList({ entityRef, rows, search, label, onChosen }: Props) {
  const box = useRef<HTMLElement>(null)
  const [focus, setFocus] = useState<number>()
  const touch = useMediaQuery('(pointer: coarse)', undefined, { getInitialValueInEffect: false }) ?? false
  const one = touch ? FINGER : ONE_LINE
  // Its functions change with every scroll; nothing here keeps them.
  // eslint-disable-next-line react-hooks/incompatible-library
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: (i) => heightOf(rows[i], one),
    getItemKey: (i) => rowKey(rows[i]) ?? i,
    overscan: 12,
    initialRect: { width: 340, height: 800 },
  })
  useEffect(() => {
    virtual.measure()
  }, [virtual, rows, one])

  const present = rows.findIndex((r) => r.kind === 'item' && r.item.id === search.at)
  const first = rows.findIndex((r) => r.kind === 'item')
  const stop = focus !== undefined && rows[focus]?.kind === 'item' ? focus : present >= 0 ? present : first
  useEffect(() => {
    if (present >= 0) virtual.scrollToIndex(present, { align: 'auto' })
  }, [virtual, present])

  const move = (from: number, step: number) => {
    let next = from + step
    while (rows[next]?.kind === 'group') next += step > 0 ? 1 : -1
    if (rows[next]?.kind !== 'item') return
    setFocus(next)
    virtual.scrollToIndex(next, { align: 'auto' })
    const take = () =>
      box.current?.querySelector<HTMLElement>(`[data-index="${String(next)}"]`)?.focus({ preventScroll: true })
    take()
    requestAnimationFrame(take)
  }
  const steps: Record<string, number> = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: 12, PageUp: -12 }

  return (
    // The arrows move the focus among the links within, which are what answers.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <nav
      ref={box}
      className={css['list']}
      aria-label={label}
      onKeyDown={(event) => {
        const step = steps[event.key]
        if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return
        event.preventDefault()
        event.stopPropagation()
        move(
          Math.min(Math.max(stop + (Math.abs(step) > 1 ? step - Math.sign(step) : 0), -1), rows.length),
          Math.sign(step),
        )
      }}
    >
      <div className={css['all']} style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, start, size, key }) => {
          const row = rows[index]
          if (!row) return null
          return row.kind === 'group' ? (
            <h2 key={key} className={css['group']} style={{ top: start }}>
              <span className="cut">{row.group.name}</span> <span className="quiet num">{number(row.count)}</span>
            </h2>
          ) : (
            <Link
              key={key}
              to={page.entity(entityRef, 'api')}
              search={{ ...search, at: row.item.id }}
              resetScroll={false}
              className={css['item']}
              style={{ top: start, height: size }}
              data-index={index}
              tabIndex={index === stop ? 0 : -1}
              aria-current={index === present ? 'true' : undefined}
              activeProps={{}}
              activeOptions={{ exact: true }}
              onClick={onChosen}
              onFocus={() => {
                setFocus(index)
              }}
            >
              {row.item.badge && <Badge tone={row.item.tone}>{row.item.badge}</Badge>}
              <span className={css['line']}>
                <Label text={row.item.label} old={row.item.deprecated} />
                {row.item.deprecated && <Tag tone="warn">deprecated</Tag>}
              </span>
              {row.item.note && <span className={css['note']}>{row.item.note}</span>}
            </Link>
          )
        })}
      </div>
    </nav>
  )
}

/** As long an end of a name stays in sight, where the middle has to give way: often it alone tells two apart. */
const TAIL = 16

function Label({ text, old = false }: { text: string; old?: boolean | undefined }) {
  const classes = `${css['label'] ?? ''} ${old ? (css['old'] ?? '') : ''}`
  if (text.length <= 2 * TAIL) return <span className={classes}>{text}</span>
  return (
    <span className={`${classes} ${css['long'] ?? ''}`} title={text}>
      <span className="sr">{text}</span>
      <span className={css['head']} aria-hidden="true">
        {text.slice(0, -TAIL)}
      </span>
      <span aria-hidden="true">{text.slice(-TAIL)}</span>
    </span>
  )
}

function heightOf(row: Row | undefined, one: number): number {
  if (row?.kind === 'group') return HEAD
  return row?.item.note ? TWO_LINES : one
}

function rowKey(row: Row | undefined): string | undefined {
  return row && (row.kind === 'group' ? `group ${row.group.name}` : row.item.id)
}

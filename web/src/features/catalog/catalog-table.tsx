import { ArrowDown, ArrowUp } from 'lucide-react'
import { memo, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { refOf, type Entity } from '../../lib/entity.ts'
import { usePhone } from '../../lib/widths.ts'
import { Icon } from '../../ui/icon.tsx'
import { parseSort } from './catalog-search.ts'
import { columnsOf, type Column } from './columns.tsx'
import { useRowSize } from './row-height.ts'
import { Row } from './row.tsx'
import { useAnchor } from './use-anchor.ts'
import { useRowKeys, type RowActions } from './use-row-keys.ts'
import type { Loaded } from './use-rows.ts'
import { useWindowRows } from './use-window-rows.ts'
import css from './table.module.css'

interface Props {
  kind: string
  cols: string[] | undefined
  rows: Loaded
  sort: string | undefined
  onSort: (field: string) => void
  /** Tells which rows are in sight or near, so that their pages are loaded. */
  onRange: (first: number, last: number) => void
  selected: ReadonlyMap<string, Entity>
  onSelect: (entities: Entity[], on: boolean) => void
  actions: RowActions
  label: string
}

/** Where the pages of a long list are skipped over, they are asked for when the scrolling rests. */
const REST = 60

/**
 * Rows of one kind, as a grid. Only those near the screen are in the document; the grid says how many there are. It draws
 * again only for what is its own: the page around it changes more often.
 */
export const CatalogTable = memo(function CatalogTable(props: Props) {
  const { kind, cols, rows, sort, onSort, onRange, selected, onSelect, actions, label } = props
  const { at: rowAt, version, question, total = 0 } = rows
  const phone = usePhone()
  const size = useRowSize()
  const head = useRef<HTMLTableSectionElement>(null)
  const body = useRef<HTMLTableSectionElement>(null)
  const [top, setTop] = useState(0)
  const [stuck, setStuck] = useState(0)
  useLayoutEffect(() => {
    const measure = () => {
      if (!body.current) return
      setTop(Math.round(body.current.getBoundingClientRect().top + window.scrollY))
      const cell = head.current?.querySelector('th')
      setStuck(cell ? (Number.parseFloat(getComputedStyle(cell).top) || 0) + cell.offsetHeight : 0)
    }
    measure()
    // What stands above the rows (chips, a strip) can grow.
    const grows = new ResizeObserver(measure)
    grows.observe(document.body)
    return () => {
      grows.disconnect()
    }
  }, [])

  const { first, last, show } = useWindowRows({ total, size, top, stuck, under: selected.size > 0 ? 72 : 8 })
  useEffect(() => {
    const rest = setTimeout(() => {
      onRange(first, last)
    }, REST)
    return () => {
      clearTimeout(rest)
    }
  }, [onRange, first, last])

  const visible = useCallback(() => {
    const from = Math.ceil((window.scrollY + stuck - top) / size)
    return { first: Math.max(0, from), rows: Math.max(1, Math.floor((window.innerHeight - stuck) / size)) }
  }, [stuck, top, size])
  const { active, setActive, select, onKeyDown } = useRowKeys({
    body,
    total,
    rowAt,
    question,
    show,
    visible,
    selected,
    onSelect,
    actions,
  })
  useAnchor({ rowAt, version, question, size, visible, active, setActive })

  const columns = useMemo(() => columnsOf(kind, cols), [kind, cols])
  const table = useRef<HTMLTableElement>(null)
  useLayoutEffect(() => {
    table.current?.style.setProperty('--columns', String(columns.length))
  }, [columns.length])
  const before = first * size
  const after = Math.max(0, (total - 1 - last) * size)
  const drawn = new Set<string>()
  const stop = Math.min(Math.max(active, 0), total - 1)
  return (
    <div className={css['wrap']}>
      <table
        ref={table}
        className={`${css['table'] ?? ''} ${cols ? (css['chosen'] ?? '') : ''}`}
        aria-label={label}
        aria-rowcount={total + 1}
        aria-multiselectable="true"
        role="grid"
        onKeyDown={onKeyDown}
      >
        <thead ref={head} role="rowgroup">
          <tr role="row" aria-rowindex={1}>
            <Head column={{ id: 'name', head: 'Name', sort: 'name' }} sort={sort} onSort={onSort} />
            {columns.map((column) => (
              <Head key={column.id} column={column} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        {/* Another question has other rows: one that is in both answers does not move from its place to another. */}
        <tbody key={question} ref={body} role="rowgroup">
          {before > 0 && <Gap height={before} />}
          {Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i).map((index) => {
            const entity = rowAt(index)
            const ref = entity && refOf(entity)
            // A row goes along with its entity; for a moment two pages may both hold it.
            const key = ref && !drawn.has(ref) ? ref : String(index)
            drawn.add(key)
            return (
              <Row
                key={key}
                index={index}
                entity={entity}
                columns={columns}
                phone={phone}
                stop={index === stop}
                selected={ref !== undefined && selected.has(ref)}
                onActive={setActive}
                onSelect={select}
              />
            )
          })}
          {after > 0 && <Gap height={after} />}
        </tbody>
      </table>
    </div>
  )
})

/** The room of rows that are not drawn. One cell: a colspan would count columns that are shed. */
function Gap({ height }: { height: number }) {
  return (
    <tr className={css['gap']} aria-hidden="true">
      <td style={{ height }} />
    </tr>
  )
}

interface HeadProps {
  column: Pick<Column, 'id' | 'head' | 'sort'>
  sort: string | undefined
  onSort: (field: string) => void
}

function Head({ column, sort, onSort }: HeadProps) {
  const present = parseSort(sort) ?? { field: 'name', descending: false }
  const { sort: field } = column
  const on = field === present.field
  const order = on ? (present.descending ? 'descending' : 'ascending') : undefined
  return (
    <th
      scope="col"
      role="columnheader"
      className={css[column.id] ?? css['field']}
      aria-sort={order}
      title={titleOf(column)}
    >
      {field ? (
        <button
          type="button"
          className={css['sort']}
          onClick={() => {
            onSort(field)
          }}
        >
          <span className="cut">{column.head}</span>
          {on && <Icon of={present.descending ? ArrowUp : ArrowDown} size={12} />}
        </button>
      ) : (
        column.head
      )}
    </th>
  )
}

/** A field of one's own goes by the end of its path; the whole of it is said on hover. */
function titleOf({ id, head }: Pick<Column, 'id' | 'head'>): string | undefined {
  return id.includes('.') && id !== head ? id : undefined
}

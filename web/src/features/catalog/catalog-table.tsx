import { Link } from '@tanstack/react-router'
import { useMediaQuery } from '@mantine/hooks'
import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { ArrowDown, ArrowUp } from 'lucide-react'
import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import { useRowHeight } from '../../lib/density.ts'
import { refOf, text, titleOf, type Entity, type StatusItem } from '../../lib/entity.ts'
import { useHotkeys } from '../../lib/hotkeys.ts'
import { statusWords } from '../../lib/missing.ts'
import { useNow } from '../../lib/now.ts'
import { page } from '../../lib/paths.ts'
import { Icon } from '../../ui/icon.tsx'
import { KindGlyph } from '../../ui/kind-glyph.tsx'
import { Status } from '../../ui/status.tsx'
import { parseSort, type SortField } from './catalog-search.ts'
import { columnsOf, type Column } from './columns.tsx'
import css from './table.module.css'

const ROW_PHONE = 60

interface Props {
  kind: string
  /** How many rows there are; `rowAt` gives undefined for those that are not loaded. */
  total: number
  rowAt: (index: number) => Entity | undefined
  sort: string | undefined
  onSort: (field: SortField) => void
  /** Tells which rows are in sight or near, so that their pages are loaded. */
  onRange: (first: number, last: number) => void
  label: string
}

/** Rows of one kind. Only those near the screen are in the document; the table says how many there are. */
export function CatalogTable({ kind, total, rowAt, sort, onSort, onRange, label }: Props) {
  const phone = useMediaQuery('(max-width: 760px)', undefined, { getInitialValueInEffect: false }) ?? false
  const body = useRef<HTMLTableSectionElement>(null)
  const [top, setTop] = useState(0)
  useLayoutEffect(() => {
    if (body.current) setTop(body.current.getBoundingClientRect().top + window.scrollY)
  }, [kind, total, phone])

  const row = useRowHeight()
  const size = phone ? ROW_PHONE : row
  const virtual = useWindowVirtualizer({ count: total, estimateSize: () => size, overscan: 24, scrollMargin: top })
  useEffect(() => {
    virtual.measure()
  }, [virtual, size])
  const rows = virtual.getVirtualItems()
  const first = rows[0]?.index ?? 0
  const last = rows.at(-1)?.index ?? 0
  useEffect(() => {
    onRange(first, last)
  }, [onRange, first, last])

  useRowKeys(body, total, (index) => {
    virtual.scrollToIndex(index, { align: 'auto' })
  })

  const columns = columnsOf(kind)
  const before = first * size
  const after = Math.max(0, (total - 1 - last) * size)
  return (
    <div className={css['wrap']}>
      <table className={css['table']} aria-label={label} aria-rowcount={total + 1} role="table">
        <thead role="rowgroup">
          <tr role="row" aria-rowindex={1}>
            <Head column={{ id: 'name', head: 'Name', sort: 'name' }} sort={sort} onSort={onSort} />
            {columns.map((column) => (
              <Head key={column.id} column={column} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody ref={body} role="rowgroup">
          {before > 0 && <Gap height={before} />}
          {rows.map(({ index }) => (
            <Row key={index} index={index} entity={rowAt(index)} columns={columns} phone={phone} />
          ))}
          {after > 0 && <Gap height={after} />}
        </tbody>
      </table>
    </div>
  )
}

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
  onSort: (field: SortField) => void
}

function Head({ column, sort, onSort }: HeadProps) {
  const present = parseSort(sort) ?? { field: 'name', descending: false }
  const { sort: field } = column
  const on = field === present.field
  const order = on ? (present.descending ? 'descending' : 'ascending') : undefined
  return (
    <th scope="col" role="columnheader" className={css[column.id]} aria-sort={order}>
      {field ? (
        <button
          type="button"
          className={css['sort']}
          onClick={() => {
            onSort(field)
          }}
        >
          {column.head}
          {on && <Icon of={present.descending ? ArrowUp : ArrowDown} size={12} />}
        </button>
      ) : (
        column.head
      )}
    </th>
  )
}

interface RowProps {
  index: number
  entity: Entity | undefined
  columns: Column[]
  phone: boolean
}

function Row({ index, entity, columns, phone }: RowProps) {
  if (!entity) {
    return (
      <tr role="row" aria-rowindex={index + 2} aria-busy="true">
        <td role="cell" className={css['name']}>
          <span className={css['bone']} />
        </td>
      </tr>
    )
  }
  const ref = refOf(entity)
  return (
    <tr role="row" aria-rowindex={index + 2} data-index={index}>
      <td role="cell" className={css['name']}>
        <div className={css['ent']}>
          <KindGlyph kind={entity.kind} />
          <Link to={page.entity(ref)} data-row className="cut">
            <b>{titleOf(entity)}</b>
          </Link>
          <RowStatus entity={entity} />
          {!phone && <span className={`${css['about'] ?? ''} cut`}>{entity.metadata.description}</span>}
        </div>
      </td>
      {phone && (
        <td role="cell" className={`${css['under'] ?? ''} cut`}>
          {[text(entity.spec?.['type']), text(entity.spec?.['lifecycle'])].filter(Boolean).join(' · ')}
        </td>
      )}
      {columns.map((column) => (
        <td key={column.id} role="cell" className={css[column.id]}>
          {column.cell(entity)}
        </td>
      ))}
    </tr>
  )
}

/** An entity that is missing or whose file is wrong says so in its row. */
function RowStatus({ entity }: { entity: Entity }) {
  const item = entity.status?.items?.find((i) => i.level !== 'info')
  return item ? <StatusMark item={item} /> : null
}

/** Apart, so that only rows with a status follow the clock. */
function StatusMark({ item }: { item: StatusItem }) {
  const words = statusWords(item, useNow())
  return (
    <span title={words}>
      <Status shape={item.level === 'error' ? 'bad' : 'warn'} label={words} />
    </span>
  )
}

/** `j`, `k` and the arrows move the focus over the rows' names; ↵ then opens, as on any link. */
function useRowKeys(
  body: React.RefObject<HTMLTableSectionElement | null>,
  total: number,
  show: (index: number) => void,
): void {
  const move = (step: number) => () => {
    const at = document.activeElement?.closest<HTMLElement>('tr[data-index]')?.dataset['index']
    const next = at === undefined ? 0 : Math.min(Math.max(Number(at) + step, 0), total - 1)
    const focus = () => body.current?.querySelector<HTMLElement>(`tr[data-index="${next}"] a[data-row]`)?.focus()
    show(next)
    focus()
    requestAnimationFrame(focus)
  }
  useHotkeys({ j: move(1), k: move(-1), ArrowDown: move(1), ArrowUp: move(-1) })
}

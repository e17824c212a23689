import { useQueries } from '@tanstack/react-query'
import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import type { Entity } from '../../lib/entity.ts'
import { useRowHeight } from '../../lib/density.ts'
import { useHotkeys } from '../../lib/hotkeys.ts'
import { number, typeName } from '../../lib/words.ts'
import { useNarrow, usePhone } from '../../lib/widths.ts'
import { Owner } from '../../ui/owner.tsx'
import { ApiRow, Heads, type Column } from './api-row.tsx'
import { groupPageQuery, PAGE, type ApiGroup } from './apis-api.ts'
import type { ApisSearch } from './apis-search.ts'
import { rowAt, rowsOf } from './group-rows.ts'
import css from './apis.module.css'

const PHONE = 60
const HEAD = 48

interface Props {
  groups: ApiGroup[]
  search: ApisSearch
  stale: boolean
}

const all: readonly Column[] = ['type', 'owner', 'system', 'lifecycle', 'by', 'calls']

/** All APIs, under their groups where somebody wants them so. The groups say how tall it is; the rows come by pages of a group as they come into sight. */
export function ApisTable({ groups, search, stale }: Props) {
  const phone = usePhone()
  const narrow = useNarrow()
  const body = useRef<HTMLTableSectionElement>(null)
  const [top, setTop] = useState(0)
  // What stands above may still grow: the list of deprecated ones, a strip.
  useLayoutEffect(() => {
    const measure = () => {
      if (body.current) setTop(body.current.getBoundingClientRect().top + window.scrollY)
    }
    measure()
    const watch = new ResizeObserver(measure)
    watch.observe(document.body)
    return () => {
      watch.disconnect()
    }
  }, [])

  const total = rowsOf(groups)
  const height = useRowHeight()
  const size = phone ? PHONE : height
  const virtual = useWindowVirtualizer({
    count: total,
    estimateSize: (i) => (rowAt(groups, i)?.at === undefined ? HEAD : size),
    overscan: 16,
    scrollMargin: top,
  })
  useEffect(() => {
    virtual.measure()
  }, [virtual, groups, size])
  const items = virtual.getVirtualItems()
  const rows = items.map(({ index }) => ({ index, row: rowAt(groups, index) }))
  const api = useGroupRows(
    search,
    rows.flatMap(({ row }) => (row?.at === undefined ? [] : [{ group: row.group, at: row.at }])),
  )

  // What is not shown is not drawn: a hidden cell would leave its column behind in the headings of the groups.
  const columns = all.filter((c) => c !== groups[0]?.by && !(narrow && (c === 'system' || c === 'by')))
  const before = (items[0]?.start ?? top) - top
  const after = Math.max(0, virtual.getTotalSize() - ((items.at(-1)?.end ?? top) - top))
  useRowKeys(body)
  return (
    <table
      className={`${css['table'] ?? ''} ${stale ? (css['stale'] ?? '') : ''}`}
      aria-label="APIs"
      aria-rowcount={total + 1}
    >
      <Heads columns={columns} phone={phone} />
      <tbody ref={body}>
        {before > 0 && <Gap height={before} />}
        {rows.map(({ index, row }) => {
          if (!row) return null
          return row.at === undefined ? (
            <tr key={index} className={css['group']} aria-rowindex={index + 2}>
              <th colSpan={phone ? 1 : columns.length + 1} scope="rowgroup">
                <span>
                  <GroupName group={row.group} />
                  <span className="quiet num">{number(row.group.count)}</span>
                </span>
              </th>
            </tr>
          ) : (
            <ApiRow key={index} index={index} api={api(row.group, row.at)} columns={columns} phone={phone} />
          )
        })}
        {after > 0 && <Gap height={after} />}
      </tbody>
    </table>
  )
}

/** `j`, `k` and the arrows move the focus over the names that are drawn; scrolling brings the next ones. */
function useRowKeys(body: React.RefObject<HTMLTableSectionElement | null>): void {
  const move = (step: number) => () => {
    const links = [...(body.current?.querySelectorAll<HTMLElement>('a[data-row]') ?? [])]
    const at = links.findIndex((link) => link === document.activeElement)
    links[at < 0 ? 0 : Math.min(Math.max(at + step, 0), links.length - 1)]?.focus()
  }
  useHotkeys({ j: move(1), k: move(-1), ArrowDown: move(1), ArrowUp: move(-1) })
}

/** The pages that hold the wanted rows, each asked for once. */
function useGroupRows(search: ApisSearch, wanted: { group: ApiGroup; at: number }[]) {
  const nameOf = (group: ApiGroup, at: number) => `${String(Math.floor(at / PAGE))} ${group.value ?? ''}`
  const pages = new Map(wanted.map(({ group, at }) => [nameOf(group, at), { group, page: Math.floor(at / PAGE) }]))
  const names = [...pages.keys()]
  const answers = useQueries({
    queries: [...pages.values()].map(({ group, page }) => groupPageQuery(search, group, page)),
  })
  return (group: ApiGroup, at: number): Entity | undefined =>
    answers[names.indexOf(nameOf(group, at))]?.data?.items[at % PAGE]
}

function Gap({ height }: { height: number }) {
  return (
    <tr className={css['gap']} aria-hidden="true">
      <td style={{ height }} />
    </tr>
  )
}

function GroupName({ group: { by, value } }: { group: ApiGroup }) {
  if (by === 'owner') return <Owner owner={value} />
  if (value === undefined) return <span className="muted">{by === 'type' ? 'No type' : 'No lifecycle'}</span>
  return <>{by === 'type' ? typeName(value) : value}</>
}

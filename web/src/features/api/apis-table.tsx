import { useQueries } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useMediaQuery } from '@mantine/hooks'
import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import { refOf, relationsOf, text, titleOf, type Entity } from '../../lib/entity.ts'
import { useHotkeys } from '../../lib/hotkeys.ts'
import { page } from '../../lib/paths.ts'
import { number } from '../../lib/words.ts'
import { EntityName } from '../../ui/entity-link.tsx'
import { KindGlyph } from '../../ui/kind-glyph.tsx'
import { Owner } from '../../ui/owner.tsx'
import { Absent, Lifecycle } from '../../ui/tag.tsx'
import { groupPageQuery, PAGE, type ApiGroup } from './apis-api.ts'
import type { ApisSearch, Grouping } from './apis-search.ts'
import { callers } from './apis-words.ts'
import { rowAt, rowsOf } from './group-rows.ts'
import css from './apis.module.css'

const ROW = 40
const PHONE = 60
const HEAD = 48

interface Props {
  groups: ApiGroup[]
  search: ApisSearch
  stale: boolean
}

/** All APIs under their groups. The groups say how tall it is; the rows come by pages of a group as they come into sight. */
export function ApisTable({ groups, search, stale }: Props) {
  const phone = useMediaQuery('(max-width: 760px)', undefined, { getInitialValueInEffect: false }) ?? false
  const narrow = useMediaQuery('(max-width: 1199px)', undefined, { getInitialValueInEffect: false }) ?? false
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
  const size = phone ? PHONE : ROW
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
    rows.flatMap(({ row }) => (row?.at === undefined ? [] : [{ value: row.group.value, at: row.at }])),
  )

  // What is not shown is not drawn: a hidden cell would leave its column behind in the headings of the groups.
  const columns = (['type', 'owner', 'system', 'lifecycle'] as const).filter(
    (c) => !phone && c !== (search.group ?? 'owner') && !(narrow && c === 'system'),
  )
  const before = (items[0]?.start ?? top) - top
  const after = Math.max(0, virtual.getTotalSize() - ((items.at(-1)?.end ?? top) - top))
  useRowKeys(body)
  return (
    <table
      className={`${css['table'] ?? ''} ${stale ? (css['stale'] ?? '') : ''}`}
      aria-label="APIs"
      aria-rowcount={total + 1}
    >
      <thead className={phone ? 'sr' : undefined}>
        <tr>
          <th scope="col">Name</th>
          {columns.map((c) => (
            <th key={c} scope="col" className={css[c]}>
              {heads[c]}
            </th>
          ))}
          {!phone && (
            <>
              <th scope="col" className={css['by']}>
                Provided by
              </th>
              <th scope="col" className={css['calls']}>
                Callers
              </th>
            </>
          )}
        </tr>
      </thead>
      <tbody ref={body}>
        {before > 0 && <Gap height={before} />}
        {rows.map(({ index, row }) => {
          if (!row) return null
          return row.at === undefined ? (
            <tr key={index} className={css['group']} aria-rowindex={index + 2}>
              <th colSpan={phone ? 1 : columns.length + 3} scope="rowgroup">
                <span>
                  <GroupName by={search.group ?? 'owner'} value={row.group.value} />
                  <span className="quiet num">{number(row.group.count)}</span>
                </span>
              </th>
            </tr>
          ) : (
            <Row key={index} index={index} api={api(row.group.value, row.at)} columns={columns} phone={phone} />
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

const heads: Record<Column, string> = { type: 'Type', owner: 'Owner', system: 'System', lifecycle: 'Lifecycle' }
type Column = 'type' | 'owner' | 'system' | 'lifecycle'

/** The pages that hold the wanted rows, each asked for once. */
function useGroupRows(search: ApisSearch, wanted: { value: string | undefined; at: number }[]) {
  const pages = new Map(
    wanted.map(({ value, at }) => [
      `${String(Math.floor(at / PAGE))} ${value ?? ''}`,
      { value, page: Math.floor(at / PAGE) },
    ]),
  )
  const names = [...pages.keys()]
  const answers = useQueries({
    queries: [...pages.values()].map(({ value, page }) => groupPageQuery(search, value, page)),
  })
  return (value: string | undefined, at: number): Entity | undefined =>
    answers[names.indexOf(`${String(Math.floor(at / PAGE))} ${value ?? ''}`)]?.data?.items[at % PAGE]
}

function Gap({ height }: { height: number }) {
  return (
    <tr className={css['gap']} aria-hidden="true">
      <td style={{ height }} />
    </tr>
  )
}

function GroupName({ by, value }: { by: Grouping; value: string | undefined }) {
  if (by === 'owner') return <Owner owner={value} />
  if (value === undefined) return <span className="muted">{by === 'type' ? 'No type' : 'No lifecycle'}</span>
  return <b>{value}</b>
}

interface RowProps {
  index: number
  api: Entity | undefined
  columns: Column[]
  phone: boolean
}

function Row({ index, api, columns, phone }: RowProps) {
  if (!api) {
    return (
      <tr aria-rowindex={index + 2} aria-busy="true">
        <td className={css['name']}>
          <span className={css['bone']} />
        </td>
      </tr>
    )
  }
  const providers = relationsOf(api, 'apiProvidedBy')
  const lifecycle = text(api.spec?.['lifecycle'])
  const type = text(api.spec?.['type'])
  const system = relationsOf(api, 'partOf').find((r) => r.startsWith('system:'))
  const cells: Record<Column, React.ReactNode> = {
    type: type ?? <Absent />,
    owner: <Owner owner={relationsOf(api, 'ownedBy')[0]} />,
    system: system ? <EntityName entityRef={system} /> : <Absent />,
    lifecycle: <Lifecycle value={lifecycle} />,
  }
  return (
    <tr aria-rowindex={index + 2}>
      <td className={css['name']}>
        <div>
          <KindGlyph kind="api" />
          <Link to={page.entity(refOf(api))} data-row className="cut">
            <b>{titleOf(api)}</b>
          </Link>
          {!phone && <span className={`${css['about'] ?? ''} cut`}>{api.metadata.description}</span>}
        </div>
        {phone && (
          <div className={`${css['under'] ?? ''} cut`}>
            {[type, lifecycle, callersWords(callers(api).length)].filter(Boolean).join(' · ')}
          </div>
        )}
      </td>
      {columns.map((c) => (
        <td key={c} className={css[c]}>
          {cells[c]}
        </td>
      ))}
      {!phone && (
        <>
          <td className={css['by']}>
            {providers[0] ? <EntityName entityRef={providers[0]} /> : <Absent why="No provider known" />}
            {providers.length > 1 && <span className="quiet"> and {number(providers.length - 1)} more</span>}
          </td>
          <td className={`${css['calls'] ?? ''} num`}>
            {callers(api).length > 0 ? number(callers(api).length) : <Absent why="No caller known" />}
          </td>
        </>
      )}
    </tr>
  )
}

function callersWords(n: number): string {
  return n === 0 ? '' : n === 1 ? '1 caller' : `${number(n)} callers`
}

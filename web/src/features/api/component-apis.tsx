import { useQueries } from '@tanstack/react-query'
import { useState } from 'react'
import { parseRef, relationsOf, type Entity } from '../../lib/entity.ts'
import { count, number } from '../../lib/words.ts'
import { usePhone } from '../../lib/widths.ts'
import { KindGlyph } from '../../ui/kind-glyph.tsx'
import { Section } from '../../ui/section.tsx'
import { apiQuery } from './apis-api.ts'
import { ApiRow, Heads, type Column } from './api-row.tsx'
import css from './apis.module.css'

const FIRST = 12

/** The APIs that something provides and calls, as the explorer shows them: what sort, whose, how old, how much used. */
export function ComponentApis({ entity }: { entity: Entity }) {
  const provided = relationsOf(entity, 'providesApi')
  const called = relationsOf(entity, 'consumesApi')
  return (
    <>
      <Section title="Provides" note={provided.length > 0 && count(provided.length, 'API', 'APIs')}>
        {provided.length > 0 ? (
          <Apis refs={provided} label="APIs that it provides" />
        ) : (
          <p className="muted">
            It provides no API. Name one under <span className="mono">spec.providesApis</span>.
          </p>
        )}
      </Section>
      <Section title="Calls" note={called.length > 0 && count(called.length, 'API', 'APIs')}>
        {called.length > 0 ? (
          <Apis refs={called} label="APIs that it calls" />
        ) : (
          <p className="muted">
            It calls no API, as far as its file says under <span className="mono">spec.consumesApis</span>.
          </p>
        )}
      </Section>
    </>
  )
}

const columns: readonly Column[] = ['type', 'lifecycle', 'owner', 'calls']

function Apis({ refs, label }: { refs: string[]; label: string }) {
  const phone = usePhone()
  const [all, setAll] = useState(false)
  const shown = all || refs.length <= FIRST + 1 ? refs : refs.slice(0, FIRST)
  const answers = useQueries({ queries: shown.map((ref) => apiQuery(ref)) })
  return (
    <>
      <table className={css['table']} aria-label={label} aria-rowcount={refs.length + 1}>
        <Heads columns={columns} phone={phone} />
        <tbody>
          {shown.map((ref, i) => {
            const api = answers[i]?.data
            return api === null ? (
              <Gone key={ref} entityRef={ref} index={i} span={phone ? 1 : columns.length + 1} />
            ) : (
              <ApiRow key={ref} index={i} api={api} columns={columns} phone={phone} />
            )
          })}
        </tbody>
      </table>
      {shown.length < refs.length && (
        <button
          type="button"
          className={`${css['more'] ?? ''} link`}
          onClick={() => {
            setAll(true)
          }}
        >
          Show all {number(refs.length)}
        </button>
      )}
    </>
  )
}

/** A file names it, and it is not there. */
function Gone({ entityRef, index, span }: { entityRef: string; index: number; span: number }) {
  return (
    <tr aria-rowindex={index + 2}>
      <td className={css['name']} colSpan={span}>
        <div>
          <KindGlyph kind="api" />
          <span className={css['gone']} title={`${entityRef} is not in the catalog`}>
            {parseRef(entityRef).name}
          </span>
          <span className="quiet cut">named in a file, not in the catalog</span>
        </div>
      </td>
    </tr>
  )
}

import { RotateCw } from 'lucide-react'
import { keptWords } from '../../lib/ingestion.ts'
import { useNow } from '../../lib/now.ts'
import type { Source } from '../../lib/portico.ts'
import { ActionButton } from '../../ui/action.tsx'
import { Fresh } from '../../ui/fresh.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Status } from '../../ui/status.tsx'
import { ErrorStrip } from '../../ui/strip.tsx'
import { say } from '../../ui/toast.tsx'
import { MANAGE, useRefreshSource } from './api.ts'
import { nextWords, nowWords, originWords, sizeWords, sourceShapes } from './sources-words.ts'
import css from './operate.module.css'

/** Every source: how it stands in words, when it last succeeded, when it is read next. Worst first. */
export function SourcesTable({ sources }: { sources: Source[] }) {
  const refresh = useRefreshSource()
  const asked = sources.find((s) => s.id === refresh.variables)
  const order = ['held', 'failed', 'degraded', 'reading', 'current']
  const sorted = [...sources].sort(
    (a, b) => order.indexOf(a.state) - order.indexOf(b.state) || a.title.localeCompare(b.title),
  )
  return (
    <>
      {refresh.error && (
        <ErrorStrip error={refresh.error} what="The source was not read." kept={asked && keptWords(asked)} />
      )}
      <table className={css['table']} role="table" aria-label="Sources">
        <thead role="rowgroup">
          <tr role="row">
            <th role="columnheader" scope="col">
              <span className="sr">State</span>
            </th>
            <th role="columnheader" scope="col" className={css['source']}>
              Source
            </th>
            <th role="columnheader" scope="col" className={css['last']}>
              Last success
            </th>
            <th role="columnheader" scope="col">
              Now
            </th>
            <th role="columnheader" scope="col" className={css['next']}>
              Next
            </th>
            <th role="columnheader" scope="col">
              <span className="sr">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody role="rowgroup">
          {sorted.map((source) => (
            <Row
              key={source.id}
              source={source}
              onRefresh={() => {
                refresh.mutate(source.id, {
                  onSuccess: () => {
                    say(`${source.title} is being read.`)
                  },
                })
              }}
            />
          ))}
        </tbody>
      </table>
    </>
  )
}

function Row({ source, onRefresh }: { source: Source; onRefresh: () => void }) {
  const now = useNow()
  const shape = sourceShapes[source.state]
  const tone = shape === 'bad' || shape === 'warn' ? css[shape] : 'muted'
  return (
    <tr role="row">
      <td role="cell">
        <Status shape={shape} />
      </td>
      <td role="cell" className={css['source']}>
        <b>{source.title}</b>
        <small title={source.target}>
          {sizeWords(source)} · {originWords(source)}
        </small>
      </td>
      <td role="cell" className={`${css['last'] ?? ''} muted num`}>
        <span className="narrow">Last success: </span>
        {source.lastSuccessAt ? <Fresh at={source.lastSuccessAt} /> : 'never'}
      </td>
      <td role="cell" className={`${css['now'] ?? ''} ${tone ?? ''}`}>
        {nowWords(source)}
      </td>
      <td role="cell" className={`${css['next'] ?? ''} quiet num`}>
        {nextWords(source, now)}
      </td>
      <td role="cell">
        <ActionButton
          may={MANAGE}
          variant="subtle"
          size="xs"
          leftSection={<Icon of={RotateCw} size={14} />}
          onClick={onRefresh}
          aria-label={`Read ${source.title} again`}
        >
          Refresh
        </ActionButton>
      </td>
    </tr>
  )
}

import { useQuery } from '@tanstack/react-query'
import { Layers } from 'lucide-react'
import { useState } from 'react'
import { parseRef } from '../../lib/entity.ts'
import { number } from '../../lib/words.ts'
import { Actor } from '../../ui/actor.tsx'
import { RowBones } from '../../ui/bones.tsx'
import { EntityName, RefName } from '../../ui/entity-link.tsx'
import { Fresh } from '../../ui/fresh.tsx'
import { Icon } from '../../ui/icon.tsx'
import { KindGlyph } from '../../ui/kind-glyph.tsx'
import { Section } from '../../ui/section.tsx'
import { ErrorStrip } from '../../ui/strip.tsx'
import { aroundQuery } from './api.ts'
import { concernWords, massNames, nearLines, nearWords, type NearLine } from './near-words.ts'
import css from './home.module.css'

const MOST = 10

/** What moved of one's own and of what that needs, one sentence each. */
export function Around({ owners }: { owners: string[] }) {
  const changes = useQuery(aroundQuery(owners))
  const [all, setAll] = useState(false)
  const lines = nearLines(changes.data ?? [])
  const shown = all ? lines : lines.slice(0, MOST)
  return (
    <Section title="Changed around you" note="what you own and what it depends on, last 7 days">
      {changes.error && (
        <ErrorStrip
          error={changes.error}
          what="The changes did not load."
          kept={changes.data && 'You see the last ones.'}
          onRetry={() => void changes.refetch()}
        />
      )}
      {changes.isPending && <RowBones rows={6} />}
      {changes.data && lines.length === 0 && (
        <p className="muted">Nothing that you own changed in the last 7 days, nor anything that it depends on.</p>
      )}
      <ol className={shown.length > 0 ? 'hairlines' : undefined}>
        {shown.map((line) => (
          <Line key={line.key} line={line} />
        ))}
      </ol>
      {lines.length > shown.length && (
        <button
          type="button"
          className={`${css['more'] ?? ''} link`}
          onClick={() => {
            setAll(true)
          }}
        >
          Show {number(lines.length - shown.length)} more
        </button>
      )}
    </Section>
  )
}

function Line({ line }: { line: NearLine }) {
  const { change, refs, at } = line
  const [ref = change.ref] = refs
  const mass = refs.length > 1
  const kinds = new Set(refs.map((r) => parseRef(r).kind))
  return (
    <li className={css['change']}>
      {kinds.size === 1 ? (
        <KindGlyph kind={parseRef(ref).kind} size="bare" />
      ) : (
        <span className={css['way']}>
          <Icon of={Layers} />
        </span>
      )}
      <span className={css['words']}>
        {mass ? (
          <>
            <b>{number(refs.length)} entities</b> {nearWords(line)}
            <span className="muted">: {massNames(refs)}</span>
          </>
        ) : (
          <>
            <b>{change.op === 'removed' ? <RefName entityRef={ref} /> : <EntityName entityRef={ref} />}</b>{' '}
            {nearWords(line)}
          </>
        )}
        <Actor actor={change.actor} />. <span className="muted">{concernWords(line)}</span>
      </span>
      <Fresh at={at} className={css['when'] ?? ''} />
    </li>
  )
}

import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { lazy, Suspense, useMemo, useState } from 'react'
import { isApiError } from '../../lib/api-error.ts'
import { page } from '../../lib/paths.ts'
import { useMention } from '../../lib/summaries.ts'
import { count, listed, number } from '../../lib/words.ts'
import { EmptyState } from '../../ui/empty-state.tsx'
import { EntityName } from '../../ui/entity-link.tsx'
import { ErrorStrip } from '../../ui/strip.tsx'
import { pathQuery } from './api.ts'
import { CanvasBones } from './canvas-bones.tsx'
import { drawing as draw } from './fold.ts'
import { edgeId, type PathAnswer } from './model.ts'
import { useLayout } from './use-layout.ts'
import { verbOf } from './words.ts'
import css from './graph-page.module.css'

const Canvas = lazy(async () => ({ default: (await import('./canvas.tsx')).Canvas }))

/** The shortest way between two entities, or how far was looked for one. */
export function PathView({ from, to }: { from: string | undefined; to: string | undefined }) {
  if (from === undefined || to === undefined)
    return (
      <EmptyState door="open" title="Which two?">
        <p>Pick where the way begins and where it ends. It goes along any relation, in either direction.</p>
      </EmptyState>
    )
  return <Way from={from} to={to} />
}

function Way({ from, to }: { from: string; to: string }) {
  const [start, end] = [useMention(from), useMention(to)]
  const there = Boolean(start.summary && end.summary)
  const { data, error, refetch } = useQuery({ ...pathQuery(from, to), enabled: there })
  const [a, b] = [start.title, end.title]
  const gone = [start, end].filter((m) => m.summary === null).map((m) => m.title)
  if (gone.length > 0 || (isApiError(error) && error.notFound))
    return (
      <EmptyState
        door="open"
        title={`${listed(gone.length > 0 ? gone : [a, b])} ${gone.length === 1 ? 'is' : 'are'} not in the catalog`}
      >
        <p>Renamed, removed, or not for you to see. Look for it above by a part of its name.</p>
      </EmptyState>
    )
  if (error)
    return (
      <ErrorStrip
        error={error}
        what="The way was not found out."
        kept="What you picked is kept."
        onRetry={() => void refetch()}
      />
    )
  if (!data)
    return (
      <div className={css['way']}>
        <CanvasBones />
      </div>
    )
  if (!data.found)
    return (
      <EmptyState door="open" title={`No way leads from ${a} to ${b}`}>
        <p>
          {data.looked <= 2
            ? 'No relation leads on from one of them.'
            : `${number(data.looked)} entities around both were looked at, over every relation that you may see.`}
        </p>
      </EmptyState>
    )
  return <Drawn answer={data} a={a} b={b} roots={[from, to]} />
}

function Drawn({ answer, a, b, roots }: { answer: PathAnswer; a: string; b: string; roots: string[] }) {
  const navigate = useNavigate()
  const [at, setAt] = useState<string>()
  const { nodes, edges } = answer
  const drawing = useMemo(
    () => draw({ nodes, edges, relations: [], revision: 0, omitted: 0 }, { roots: [], open: [] }),
    [nodes, edges],
  )
  const laid = useLayout(drawing, { grouped: false, anchor: undefined, anew: 0 })
  const steps = nodes.length - 1
  return (
    <>
      <p className={css['found']} role="status">
        {steps === 0 ? (
          <>Both are the same entity.</>
        ) : (
          <>
            <b>{count(steps, 'step')}</b> from {a} to {b}.
          </>
        )}
      </p>
      <div className={css['way']}>
        <Suspense fallback={<CanvasBones />}>
          <Canvas
            drawing={laid.drawing}
            placed={laid.placed}
            roots={roots}
            label={`The way from ${a} to ${b}`}
            selected={at}
            onSelect={setAt}
            onOpen={(box) => void navigate({ to: page.entity(box.ref) })}
            onUnfold={() => undefined}
          />
        </Suspense>
      </div>
      <ol className={css['steps']} aria-label="Step by step">
        {edges.map((edge) => (
          <li key={edgeId(edge)}>
            <EntityName entityRef={edge.from} /> <span className="muted">{verbOf(edge.type)}</span>{' '}
            <EntityName entityRef={edge.to} />
          </li>
        ))}
      </ol>
    </>
  )
}

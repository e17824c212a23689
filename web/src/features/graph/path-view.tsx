import { useNavigate } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { isApiError } from '../../lib/api-error.ts'
import { page } from '../../lib/paths.ts'
import { useMention } from '../../lib/summaries.ts'
import { count, listed, number } from '../../lib/words.ts'
import { EmptyState } from '../../ui/empty-state.tsx'
import { EntityName } from '../../ui/entity-link.tsx'
import { ErrorStrip } from '../../ui/strip.tsx'
import { CanvasBones } from './canvas-bones.tsx'
import { Canvas } from './chunks.ts'
import { drawing as draw } from './fold.ts'
import type { GraphPageSearch } from './graph-search.ts'
import { edgeId, type PathAnswer } from './model.ts'
import { PathBar } from './path-bar.tsx'
import { useLayout } from './use-layout.ts'
import { useWay } from './use-way.ts'
import { everything, sharedWords, stepsOf, wayRelations, withoutOf, type Rung } from './way.ts'
import { nameOf, verbOf } from './words.ts'
import css from './path.module.css'

interface Props {
  search: GraphPageSearch
  go: (next: GraphPageSearch) => void
}

/** The shortest way between two entities, or how far was looked for one. */
export function PathView({ search, go }: Props) {
  const { from, to } = search
  if (from === undefined || to === undefined)
    return (
      <EmptyState door="open" title="Which two?">
        <p>Pick where the way begins and where it ends. Ways of use come first, then those over owners and teams.</p>
      </EmptyState>
    )
  return <Way from={from} to={to} search={search} go={go} />
}

function Way({ from, to, search, go }: Props & { from: string; to: string }) {
  const [start, end] = [useMention(from), useMention(to)]
  const there = Boolean(start.summary && end.summary)
  const { answer, rung, shorter, error, again } = useWay(from, to, search, there)
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
  const along = search.rel ?? wayRelations.filter((type) => !withoutOf[rung ?? 'any'].includes(type))
  return (
    <>
      <PathBar search={search} along={along} go={go} />
      {error ? (
        <ErrorStrip error={error} what="The way was not found out." kept="What you picked is kept." onRetry={again} />
      ) : !answer ? (
        <>
          <p className={css['found']}>Looking for a way from {a}</p>
          <div className={css['way']}>
            <CanvasBones />
          </div>
        </>
      ) : answer.found ? (
        <Drawn answer={answer} rung={rung} shorter={shorter} a={a} b={b} search={search} go={go} />
      ) : (
        <NoWay answer={answer} a={a} b={b} search={search} go={go} />
      )}
    </>
  )
}

/** Says how far was looked, and what else could be tried. */
function NoWay({ answer, a, b, search, go }: Props & { answer: PathAnswer; a: string; b: string }) {
  const narrowed = (search.rel !== undefined && !everything(search.rel)) || search.not || search.way
  return (
    <EmptyState
      door="open"
      title={`No way leads from ${a} to ${b}`}
      actions={
        narrowed && (
          <button
            type="button"
            className={css['link']}
            onClick={() => {
              go({ from: search.from, to: search.to })
            }}
          >
            Look along every relation, either way
          </button>
        )
      }
    >
      <p>
        {answer.cut
          ? `${number(answer.looked)} entities were looked at, and then the search gave up.`
          : narrowed
            ? `There is none along what is chosen above: ${count(answer.looked, 'entity was', 'entities were')} looked at.`
            : answer.looked <= 2
              ? 'No relation leads on from one of them.'
              : `${number(answer.looked)} entities around both were looked at, over every relation that you may see.`}
      </p>
    </EmptyState>
  )
}

interface DrawnProps extends Props {
  answer: PathAnswer
  rung: Rung | undefined
  shorter: PathAnswer | undefined
  a: string
  b: string
}

function Drawn({ answer, rung, shorter, a, b, search, go }: DrawnProps) {
  const navigate = useNavigate()
  const [at, setAt] = useState<string>()
  const { nodes, edges } = answer
  const drawing = useMemo(
    () => draw({ nodes, edges, relations: [], revision: 0, omitted: 0 }, { roots: [], open: [] }),
    [nodes, edges],
  )
  const ends = useMemo(() => [nodes[0]?.ref ?? '', nodes[nodes.length - 1]?.ref ?? ''], [nodes])
  const laid = useLayout(drawing, { grouped: false, anchor: undefined, anew: 0 })
  const steps = stepsOf(answer)
  return (
    <>
      <p className={css['found']} role="status">
        {steps.length === 0 ? (
          <>Both are the same entity.</>
        ) : (
          <>
            {rung !== undefined && rung !== 'use' && <>No way of use leads from one to the other. </>}
            <Found answer={answer} a={a} b={b} steps={steps.length} />
            {shorter && (
              <>
                {' '}
                <button
                  type="button"
                  className={css['link']}
                  onClick={() => {
                    go({ ...search, rel: wayRelations })
                  }}
                >
                  {count(shorter.nodes.length - 1, 'step')} over where they belong
                </button>
              </>
            )}
          </>
        )}
      </p>
      <div className={css['way']}>
        <Canvas
          meanwhile={<CanvasBones />}
          drawing={laid.drawing}
          placed={laid.placed}
          roots={ends}
          label={`The way from ${a} to ${b}`}
          selected={at}
          onSelect={setAt}
          onOpen={(box) => void navigate({ to: page.entity(box.ref) })}
          onUnfold={() => undefined}
        />
      </div>
      <ol className={css['steps']} aria-label="Step by step">
        {steps.map(({ to, edges: between }, i) => (
          <li key={to.ref}>
            <span>
              {between.map((edge) => (
                <span key={edgeId(edge)}>
                  <EntityName entityRef={edge.from} /> <span className="muted">{verbOf(edge.type)}</span>{' '}
                  <EntityName entityRef={edge.to} />
                  <br />
                </span>
              ))}
            </span>
            {i < steps.length - 1 && (
              <button
                type="button"
                className={css['link']}
                onClick={() => {
                  go({ ...search, not: [...new Set([...(search.not ?? []), to.ref])] })
                }}
              >
                Not through {nameOf(to, to.ref)}
              </button>
            )}
          </li>
        ))}
      </ol>
    </>
  )
}

function Found({ answer, a, b, steps }: { answer: PathAnswer; a: string; b: string; steps: number }) {
  const middle = useMention(answer.nodes[1]?.ref ?? '')
  const shared = sharedWords(answer, () => middle.title)
  if (shared) return <b>{shared}</b>
  return (
    <>
      <b>{count(steps, 'step')}</b> from {a} to {b}.
    </>
  )
}

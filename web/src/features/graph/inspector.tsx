import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { place } from '../../lib/format.ts'
import { page } from '../../lib/paths.ts'
import { useName } from '../../lib/summaries.ts'
import { capital, count, kindWords, typeName } from '../../lib/words.ts'
import { Button, LinkButton } from '../../ui/button.tsx'
import { EntityName } from '../../ui/entity-link.tsx'
import { KindGlyph } from '../../ui/kind-glyph.tsx'
import { Owner } from '../../ui/owner.tsx'
import { sourceQuery } from './api.ts'
import type { Box } from './fold.ts'
import { edgeId, type GraphEdge } from './model.ts'
import { declaredAt, kindsWords, nameOf, verbOf } from './words.ts'
import css from './graph.module.css'

interface Props {
  box: Box | undefined
  /** Why it is in the graph: the relations on the way to it, or those of the line that was chosen. */
  edges: GraphEdge[]
  root: boolean
  onFocus: (ref: string) => void
  onUnfold: (system: string) => void
  children: ReactNode
}

/** Beside the graph: what is chosen, and why it is there. */
export function Inspector({ box, edges, root, onFocus, onUnfold, children }: Props) {
  return (
    <aside className={css['inspector']} aria-label="About what is chosen">
      {box && box.members.length > 0 ? (
        <Folded box={box} onUnfold={onUnfold} />
      ) : (
        box && <Chosen box={box} root={root} onFocus={onFocus} />
      )}
      {edges.length > 0 && (
        <section aria-labelledby="why-connected">
          <h3 id="why-connected">Why these are connected</h3>
          <ul className={css['why']}>
            {edges.slice(0, MOST).map((edge) => (
              <Why key={edgeId(edge)} edge={edge} />
            ))}
          </ul>
          {edges.length > MOST && <p className="quiet small">and {count(edges.length - MOST, 'more relation')}</p>}
        </section>
      )}
      {children}
    </aside>
  )
}

const MOST = 6

function Chosen({ box: { ref, node }, root, onFocus }: { box: Box; root: boolean; onFocus: Props['onFocus'] }) {
  const facts = [kindWords(node?.kind ?? '').one, typeName(node?.type), node?.lifecycle].filter(Boolean).join(', ')
  return (
    <section>
      <h2 className={css['chosen']}>{nameOf(node, ref)}</h2>
      {node && !node.found ? (
        <p className="quiet">A file names it, and it is not in the catalog.</p>
      ) : (
        <>
          <p className="muted">{capital(facts)}</p>
          {node?.kind !== 'user' && node?.kind !== 'group' && <Owner owner={node?.owner} />}
          {!root && (
            <div className={css['acts']}>
              <LinkButton to={page.entity(ref)} size="xs">
                Open
              </LinkButton>
              <Button
                size="xs"
                onClick={() => {
                  onFocus(ref)
                }}
              >
                Focus here
              </Button>
            </div>
          )}
        </>
      )}
    </section>
  )
}

function Folded({ box, onUnfold }: { box: Box; onUnfold: Props['onUnfold'] }) {
  const name = useName(box.ref)
  return (
    <section>
      <h2 className={css['chosen']}>{name}</h2>
      <p className="muted">A system, folded: {kindsWords(box.members)}.</p>
      <div className={css['acts']}>
        <Button
          size="xs"
          onClick={() => {
            onUnfold(box.ref)
          }}
        >
          Unfold
        </Button>
        <LinkButton to={page.entity(box.ref)} size="xs">
          Open
        </LinkButton>
      </div>
      <ul className={css['members']}>
        {box.members.slice(0, MEMBERS).map((node) => (
          <li key={node.ref}>
            <KindGlyph kind={node.kind} size="bare" />
            <Link className="cut" to={page.entity(node.ref)}>
              {nameOf(node, node.ref)}
            </Link>
          </li>
        ))}
      </ul>
      {box.members.length > MEMBERS && <p className="quiet small">and {box.members.length - MEMBERS} more</p>}
    </section>
  )
}

const MEMBERS = 8

function Why({ edge }: { edge: GraphEdge }) {
  return (
    <li>
      <EntityName entityRef={edge.from} /> {verbOf(edge.type)} <EntityName entityRef={edge.to} />
      <Declared edge={edge} />
    </li>
  )
}

/** The line that says so: in the file of the one, or of the other. */
function Declared({ edge }: { edge: GraphEdge }) {
  const own = useQuery(sourceQuery(edge.from))
  const line = declaredAt(own.data, edge.to)
  const asksOther = own.isSuccess && line === undefined
  const other = useQuery({ ...sourceQuery(edge.to), enabled: asksOther })
  const otherLine = asksOther ? declaredAt(other.data, edge.from) : undefined
  const [ref, source, at] = line !== undefined ? [edge.from, own.data, line] : [edge.to, other.data, otherLine]
  if (!source || at === undefined) return null
  return (
    <span className={css['declared']}>
      declared in{' '}
      <Link className="mono" to={page.entity(ref, 'source')} title={source.file}>
        {place(source.file, at)}
      </Link>
    </span>
  )
}

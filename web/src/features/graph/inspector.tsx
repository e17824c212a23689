import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import { place } from '../../lib/format.ts'
import { page } from '../../lib/paths.ts'
import { useName } from '../../lib/summaries.ts'
import { capital, count, kindWords, typeName } from '../../lib/words.ts'
import { Button, LinkButton } from '../../ui/button.tsx'
import { EntityName } from '../../ui/entity-link.tsx'
import { KindGlyph } from '../../ui/kind-glyph.tsx'
import { Owner } from '../../ui/owner.tsx'
import { sourceQuery } from '../../lib/source.ts'
import { CROWD, opens, type Box } from './fold.ts'
import { edgeId, type GraphEdge, type GraphNode } from './model.ts'
import { bunchWords, declaredAt, kindsWords, nameOf, verbOf } from './words.ts'
import css from './graph.module.css'

interface Props {
  box: Box | undefined
  /** Why it is in the graph: the relations on the way to it, or those of the line that was chosen. */
  edges: GraphEdge[]
  root: boolean
  onFocus: (ref: string) => void
  onUnfold: (key: string) => void
  /** Draws a member of a box by itself. */
  onTake: (ref: string) => void
  children: ReactNode
}

/** Beside the graph: what is chosen, and why it is there. */
export function Inspector({ box, edges, root, onFocus, onUnfold, onTake, children }: Props) {
  return (
    <aside className={css['inspector']} aria-label="About what is chosen">
      {box && box.members.length > 0 ? (
        <Folded key={box.id} box={box} onUnfold={onUnfold} onTake={onTake} />
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

function Folded({ box, onUnfold, onTake }: { box: Box } & Pick<Props, 'onUnfold' | 'onTake'>) {
  const system = useName(box.ref)
  const { members, bunch } = box
  return (
    <section>
      <h2 className={css['chosen']}>{bunch ? bunchWords(members) : system}</h2>
      <p className="muted">
        {bunch
          ? 'They stand alike around where the graph begins, and are drawn as one. Pick one to draw it by itself.'
          : `A system, folded: ${kindsWords(members)}.`}
      </p>
      <div className={css['acts']}>
        {!(bunch && members.length > CROWD) && (
          <Button
            size="xs"
            onClick={() => {
              onUnfold(opens(box))
            }}
          >
            Unfold
          </Button>
        )}
        {!bunch && (
          <LinkButton to={page.entity(box.ref)} size="xs">
            Open
          </LinkButton>
        )}
      </div>
      <Members members={members} onTake={onTake} />
    </section>
  )
}

/** From so many on, typing is quicker than reading. */
const LONG = 10

function Members({ members, onTake }: { members: GraphNode[]; onTake: Props['onTake'] }) {
  const [typed, setTyped] = useState('')
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean)
  const named = members.map((node) => ({ node, name: node.name, title: nameOf(node, node.ref) }))
  const shown = named.filter(({ name, title }) =>
    words.every((word) => `${name} ${title}`.toLowerCase().includes(word)),
  )
  return (
    <>
      {members.length >= LONG && (
        <input
          type="search"
          className={css['sift']}
          aria-label="A part of a name"
          placeholder="A part of a name"
          value={typed}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => {
            setTyped(event.target.value)
          }}
        />
      )}
      <ul className={css['members']} aria-label="Folded here">
        {shown.map(({ node, title }) => (
          <li key={node.ref}>
            <KindGlyph kind={node.kind} size="bare" />
            <a
              className="cut"
              href={page.entity(node.ref)}
              title={title}
              onClick={(event) => {
                if (event.metaKey || event.ctrlKey || event.shiftKey) return
                event.preventDefault()
                onTake(node.ref)
              }}
            >
              {title}
            </a>
          </li>
        ))}
      </ul>
      {shown.length === 0 && <p className="quiet small">None of them is called that.</p>}
    </>
  )
}

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

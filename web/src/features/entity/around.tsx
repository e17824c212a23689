import { Link } from '@tanstack/react-router'
import { refOf, titleOf, type Entity } from '../../lib/entity.ts'
import { page } from '../../lib/paths.ts'
import { useMention } from '../../lib/summaries.ts'
import { count, number } from '../../lib/words.ts'
import { KindGlyph } from '../../ui/kind-glyph.tsx'
import { Section } from '../../ui/section.tsx'
import { sides, type Neighbour } from './neighbours.ts'
import css from './around.module.css'

const MOST = 5
const STEP = 42

/** One step around an entity: who uses it, what it needs. Reads from left to right. */
export function Around({ entity }: { entity: Entity }) {
  const { users, needs } = sides(entity)
  if (users.total + needs.total === 0) {
    return (
      <Section title="One step around it">
        <p className="muted">
          Nothing depends on it and it names nothing that it needs, as far as the files in the catalog say.
        </p>
      </Section>
    )
  }
  const api = entity.kind.toLowerCase() === 'api'
  const note = `${count(users.total, 'user')}, ${api ? count(needs.total, 'provider') : count(needs.total, 'dependency', 'dependencies')}`
  return (
    <Section
      title="One step around it"
      note={note}
      end={
        <Link className="link" to={page.entity(refOf(entity), 'dependencies')}>
          Open graph
        </Link>
      }
    >
      <div className={css['hop']}>
        <Side caption="Used by" none="No users known" noun="users" side={users} entity={entity} />
        <Wires nodes={shownOf(users.all)} more={users.total > MOST} to="right" />
        <div className={css['me']}>
          <KindGlyph kind={entity.kind} />
          <span>{titleOf(entity)}</span>
        </div>
        <Wires nodes={shownOf(needs.all)} more={needs.total > MOST} to="left" />
        <Side
          caption={api ? 'Provided by' : 'Needs'}
          none={api ? 'No provider known' : 'Needs nothing'}
          noun={api ? 'providers' : 'dependencies'}
          side={needs}
          entity={entity}
        />
      </div>
    </Section>
  )
}

/** Up to five nodes; with more, four and one that counts the rest. */
function shownOf(all: Neighbour[]): Neighbour[] {
  return all.length > MOST ? all.slice(0, MOST - 1) : all
}

interface SideProps {
  caption: string
  none: string
  /** What more than one of them are. */
  noun: string
  side: { all: Neighbour[]; total: number }
  entity: Entity
}

function Side({ caption, none, noun, side, entity }: SideProps) {
  const shown = shownOf(side.all)
  const rest = side.total - shown.length
  return (
    <div className={css['col']}>
      <p className={css['caption']}>{caption}</p>
      {side.total === 0 && <span className={css['none']}>{none}</span>}
      {shown.map(({ ref }) => (
        <Node key={ref} entityRef={ref} />
      ))}
      {rest > 0 && (
        <Link className={css['more']} to={page.entity(refOf(entity), 'dependencies')}>
          {number(rest)} more {noun}
        </Link>
      )}
    </div>
  )
}

function Node({ entityRef }: { entityRef: string }) {
  const { title, kind, summary } = useMention(entityRef)
  const body = (
    <>
      <KindGlyph kind={kind} size="bare" />
      <span className="cut">{title}</span>
    </>
  )
  if (summary === null) {
    return (
      <span className={`${css['node'] ?? ''} ${css['gone'] ?? ''}`} title={`${entityRef} is not in the catalog`}>
        {body}
      </span>
    )
  }
  return (
    <Link className={css['node']} to={page.entity(entityRef)}>
      {body}
    </Link>
  )
}

const calls = ['consumesApi', 'apiConsumedBy']
const provides = ['providesApi', 'apiProvidedBy']

/** As the graph draws them: a call is dashed, what somebody provides violet. */
function lookOf(types: string[]): string | undefined {
  if (types.some((t) => provides.includes(t))) return css['provide']
  return types.some((t) => calls.includes(t)) ? css['call'] : undefined
}

/** A line from each node, and from the one that counts the rest. */
function Wires({ nodes, more, to }: { nodes: Neighbour[]; more: boolean; to: 'left' | 'right' }) {
  const looks = [...nodes.map(({ types }) => lookOf(types)), ...(more ? [css['rest']] : [])]
  const height = Math.max(1, looks.length) * STEP - 6
  const middle = height / 2
  return (
    <svg className={css['wires']} viewBox={`0 0 56 ${height}`} height={height} aria-hidden="true">
      {looks.map((look, i) => {
        const y = 18 + i * STEP
        const d =
          to === 'right' ? `M0 ${y}C28 ${y} 28 ${middle} 56 ${middle}` : `M0 ${middle}C28 ${middle} 28 ${y} 56 ${y}`
        return <path key={nodes[i]?.ref ?? 'rest'} d={d} className={look} />
      })}
    </svg>
  )
}

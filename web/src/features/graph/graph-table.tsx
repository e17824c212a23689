import { Link } from '@tanstack/react-router'
import { page } from '../../lib/paths.ts'
import { KindGlyph } from '../../ui/kind-glyph.tsx'
import { Owner } from '../../ui/owner.tsx'
import { capital, kindWords } from '../../lib/words.ts'
import { stepsFrom, type Graph, type GraphNode, type Step } from './model.ts'
import { nameOf, verbOf } from './words.ts'
import css from './graph-table.module.css'

interface Props {
  graph: Graph
  roots: string[]
  label: string
  felt: (ref: string) => boolean
}

/** The graph in words: each entity once, by the shortest way to it. */
export function GraphTable({ graph, roots, label, felt }: Props) {
  const steps = stepsFrom(graph, roots)
  const byRef = new Map(graph.nodes.map((n) => [n.ref, n]))
  const rows = graph.nodes
    .filter((n) => !roots.includes(n.ref))
    .map((node) => ({ node, step: steps.get(node.ref) }))
    .sort((a, b) => far(a.step) - far(b.step) || a.node.ref.localeCompare(b.node.ref))
  const name = (ref: string) => nameOf(byRef.get(ref), ref)
  return (
    <table className={css['table']} aria-label={label}>
      <thead>
        <tr>
          <th scope="col">Entity</th>
          <th scope="col" className={css['kind']}>
            Kind
          </th>
          <th scope="col">Relation</th>
          <th scope="col" className={css['owner']}>
            Owner
          </th>
          <th scope="col" className={css['steps']}>
            Steps
          </th>
          <th scope="col" className={css['via']}>
            Via
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ node, step }) => (
          <tr key={node.ref} data-felt={felt(node.ref)}>
            <th scope="row">
              <Entity node={node} />
            </th>
            <td className={css['kind']}>{capital(kindWords(node.kind).one)}</td>
            <td className="muted">{step?.edge ? relation(step, node.ref, name) : ''}</td>
            <td className={css['owner']}>{node.found && <Owner owner={node.owner} />}</td>
            <td className={`${css['steps'] ?? ''} num`}>{step?.steps ?? ''}</td>
            <td className={`${css['via'] ?? ''} muted`}>{way(steps, node.ref).map(name).join(' › ')}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

const far = (step: Step | undefined) => step?.steps ?? Infinity

function Entity({ node }: { node: GraphNode }) {
  return (
    <span className={css['entity']}>
      <KindGlyph kind={node.kind} />
      {node.found ? (
        <Link className="cut" to={page.entity(node.ref)}>
          {nameOf(node, node.ref)}
        </Link>
      ) : (
        <span className="cut quiet" title={`${node.ref} is not in the catalog`}>
          {nameOf(node, node.ref)}, not in the catalog
        </span>
      )}
    </span>
  )
}

/** The relation by which it is reached: "calls payments.v2", or "payments-api provides it". */
function relation({ edge, via }: Step, ref: string, name: (ref: string) => string): string {
  if (!edge || via === undefined) return ''
  if (edge.from === ref) return `${verbOf(edge.type)} ${name(edge.to)}`
  return `${name(edge.from)} ${verbOf(edge.type)} it`
}

/** What lies between where one begins and the entity. */
function way(steps: Map<string, Step>, ref: string): string[] {
  const out: string[] = []
  for (let at = steps.get(ref)?.via; at !== undefined; at = steps.get(at)?.via) if (steps.get(at)?.via) out.unshift(at)
  return out
}

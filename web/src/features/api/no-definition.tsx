import { Link } from '@tanstack/react-router'
import { refOf, text, type Entity } from '../../lib/entity.ts'
import { page } from '../../lib/paths.ts'

/** An API whose file says nothing of what it offers: what to write, and where. */
export function NoDefinition({ entity }: { entity: Entity }) {
  const mcp = (text(entity.spec?.['type']) ?? '').toLowerCase().includes('mcp')
  return (
    <p className="muted">
      No definition yet.{' '}
      {mcp ? (
        <>
          List where the server answers under <span className="mono">spec.remotes</span>,
        </>
      ) : (
        <>
          Put it under <span className="mono">spec.definition</span>, or point there with{' '}
          <span className="mono">$text: ./openapi.yaml</span>,
        </>
      )}{' '}
      in{' '}
      <Link className="link" to={page.entity(refOf(entity), 'source')}>
        its file
      </Link>
      .
    </p>
  )
}

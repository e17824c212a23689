import { Link } from '@tanstack/react-router'
import { refOf, type Entity } from '../../lib/entity.ts'
import { page } from '../../lib/paths.ts'
import { number } from '../../lib/words.ts'

/** Those that did not come with the entity; the dependencies have them all. */
export function Left({ entity, n }: { entity: Entity; n: number }) {
  if (n <= 0) return null
  return (
    <p className="muted">
      And {number(n)} more.{' '}
      <Link className="link" to={page.entity(refOf(entity), 'dependencies')}>
        All relations
      </Link>
    </p>
  )
}

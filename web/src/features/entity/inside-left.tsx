import { Link } from '@tanstack/react-router'
import { refOf, type Entity } from '../../lib/entity.ts'
import { page } from '../../lib/paths.ts'
import { kindWords, number } from '../../lib/words.ts'

/** What can be a part of a system. */
const kinds = ['component', 'api', 'resource']

/** The parts that did not come with it: the catalog has those of a system, a kind at a time, and the map those of a domain. */
export function InsideLeft({ entity, n }: { entity: Entity; n: number }) {
  const ref = refOf(entity)
  const domain = ref.startsWith('domain:')
  return (
    <p className="muted">
      And {number(n)} more.{' '}
      {domain ? (
        <Link className="link" to={page.catalog} search={{ kind: 'system', view: 'map', in: ref }}>
          All its systems on the map
        </Link>
      ) : (
        <>
          In the catalog:{' '}
          {kinds.map((kind, i) => (
            <span key={kind}>
              {i > 0 && ', '}
              <Link className="link" to={page.catalog} search={{ kind, in: ref }}>
                {kindWords(kind).many}
              </Link>
            </span>
          ))}
          .
        </>
      )}
    </p>
  )
}

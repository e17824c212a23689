import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { refOf, type Entity } from '../../lib/entity.ts'
import { page } from '../../lib/paths.ts'
import { Section } from '../../ui/section.tsx'
import { latestChangesQuery } from './api.ts'
import { ChangeLine } from './change-line.tsx'

export function Lately({ entity }: { entity: Entity }) {
  const ref = refOf(entity)
  const { data: items = [] } = useQuery(latestChangesQuery(ref))
  if (items.length === 0) return null
  return (
    <Section
      title="What changed"
      end={
        <Link className="link" to={page.entity(ref, 'history')}>
          History
        </Link>
      }
    >
      <ol>
        {items.map((change) => (
          <ChangeLine key={change.revision} change={change} />
        ))}
      </ol>
    </Section>
  )
}

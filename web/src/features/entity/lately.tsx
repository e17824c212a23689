import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { refOf, type Entity } from '../../lib/entity.ts'
import { page } from '../../lib/paths.ts'
import { Section } from '../../ui/section.tsx'
import { ErrorStrip } from '../../ui/strip.tsx'
import { latestChangesQuery } from './api.ts'
import { ChangeLine } from './change-line.tsx'

export function Lately({ entity }: { entity: Entity }) {
  const ref = refOf(entity)
  const { data: items = [], error, refetch } = useQuery(latestChangesQuery(ref))
  if (items.length === 0 && !error) return null
  return (
    <Section
      title="What changed"
      end={
        <Link className="link" to={page.entity(ref, 'history')}>
          History
        </Link>
      }
    >
      {error && (
        <ErrorStrip
          error={error}
          what="The changes did not load."
          kept={items.length > 0 ? 'You see the last ones.' : undefined}
          onRetry={() => void refetch()}
        />
      )}
      <ol>
        {items.map((change) => (
          <ChangeLine key={change.revision} change={change} />
        ))}
      </ol>
    </Section>
  )
}

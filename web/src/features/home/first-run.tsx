import { page } from '../../lib/paths.ts'
import { allowed, useSession } from '../../lib/session.ts'
import { LinkButton } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Head } from './head.tsx'

/** Nothing is there yet: how something gets there. */
export function FirstRun() {
  const session = useSession()
  const operator = allowed(session, 'catalog.ingestion.read')
  const register = allowed(session, 'catalog.location.create')
  return (
    <div className="page">
      <Head first="The catalog is empty." />
      <EmptyState
        door="lit"
        title="Nothing in the catalog yet"
        actions={
          <>
            {operator && (
              <LinkButton to={page.sources} variant="filled">
                Connect a source
              </LinkButton>
            )}
            {register && <LinkButton to={page.register}>Register one file</LinkButton>}
          </>
        }
      >
        <p>
          {operator || register
            ? 'Point Portico at a folder or a repository under catalog.locations in its configuration. What it reads stands here a second later.'
            : 'Whoever runs this portal connects a source. What it reads stands here a second later.'}
        </p>
      </EmptyState>
    </div>
  )
}

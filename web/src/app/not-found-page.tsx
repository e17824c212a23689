import { page } from '../lib/paths.ts'
import { modKey } from '../lib/platform.ts'
import { useTitle } from '../lib/title.ts'
import { LinkButton } from '../ui/button.tsx'
import { EmptyState } from '../ui/empty-state.tsx'

export function NotFoundPage() {
  useTitle('No such page')
  return (
    <div className="page">
      <EmptyState
        asPage
        door="open"
        title="No page has this address"
        actions={
          <>
            <LinkButton to={page.home}>Go home</LinkButton>
            <LinkButton to={page.catalog} variant="subtle">
              Open the catalog
            </LinkButton>
          </>
        }
      >
        <p>
          The link may be old, or a letter is missing. Press <kbd>{modKey} K</kbd> to find what it was about.
        </p>
      </EmptyState>
    </div>
  )
}

import { useQueryClient, useQueryErrorResetBoundary } from '@tanstack/react-query'
import { useRouter, type ErrorComponentProps } from '@tanstack/react-router'
import { RotateCw } from 'lucide-react'
import { isApiError } from '../lib/api-error.ts'
import { page } from '../lib/paths.ts'
import { useTitle } from '../lib/title.ts'
import { Button, LinkButton } from '../ui/button.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { Icon } from '../ui/icon.tsx'
import { ErrorWords } from '../ui/strip.tsx'

/** What a route shows when something that it needs did not come. */
export function RouteError({ error, reset }: ErrorComponentProps) {
  const router = useRouter()
  const client = useQueryClient()
  const boundary = useQueryErrorResetBoundary()
  const forbidden = isApiError(error) && error.status === 403
  useTitle(forbidden ? 'Not allowed' : 'Did not load')
  const again = () => {
    boundary.reset()
    client.removeQueries({ predicate: (q) => q.state.status === 'error' })
    reset()
    void router.invalidate()
  }
  return (
    <div className="page">
      <EmptyState
        asPage
        door={forbidden ? 'shut' : 'grey'}
        title={forbidden ? 'You cannot see this page' : 'This page did not load'}
        actions={
          <>
            {forbidden && <LinkButton to={page.rights}>What you may do</LinkButton>}
            {!forbidden && (
              <Button leftSection={<Icon of={RotateCw} size={14} />} onClick={again}>
                Try again
              </Button>
            )}
          </>
        }
      >
        <p>
          <ErrorWords error={error} />
        </p>
      </EmptyState>
    </div>
  )
}

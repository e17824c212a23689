import { page } from '../lib/paths.ts'
import { allowed, useSession } from '../lib/session.ts'
import { kindWords } from '../lib/words.ts'
import { LinkButton } from './button.tsx'
import { EmptyState } from './empty-state.tsx'

/** Nothing at all is there yet, or nothing of this kind: what brings it here. */
export function FirstDay({ kind }: { kind?: string }) {
  const session = useSession()
  const operator = allowed(session, 'catalog.ingestion.read')
  const register = allowed(session, 'catalog.location.create')
  const words = kind === undefined ? undefined : kindWords(kind)
  return (
    <EmptyState
      door="lit"
      title={words ? `No ${words.many} yet` : 'No source has brought anything yet'}
      actions={
        (operator || register) && (
          <>
            {operator && (
              <LinkButton to={page.sources} variant={words ? 'default' : 'filled'}>
                {words ? 'See the sources' : 'How to add a source'}
              </LinkButton>
            )}
            {register && <LinkButton to={page.register}>Register one file</LinkButton>}
          </>
        )
      }
    >
      <p>
        {words ? (
          `A file with “kind: ${words.one === 'API' ? 'API' : (kind ?? '')}” in one of the sources brings the first one here.`
        ) : operator || register ? (
          <>
            Name a folder or a repository under <code>catalog.locations</code> in the configuration and start Portico
            again, or register a file now. What it reads stands here a second later.
          </>
        ) : (
          'Whoever runs this portal connects a source. What it reads stands here a second later.'
        )}
      </p>
    </EmptyState>
  )
}

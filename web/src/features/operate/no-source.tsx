import { page } from '../../lib/paths.ts'
import { allowed, useSession } from '../../lib/session.ts'
import { LinkButton } from '../../ui/button.tsx'
import { CodeBlock } from '../../ui/code-block.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import css from './operate.module.css'

const example = `catalog:
  locations:
    - type: file
      target: ./catalog/*.yaml
    - type: git
      target: https://git.example/team/service.git
`

/** Nothing is read: what to write so that something is. */
export function NoSource() {
  const register = allowed(useSession(), 'catalog.location.create')
  return (
    <EmptyState
      door="lit"
      title="Name the first one in the configuration"
      actions={register && <LinkButton to={page.register}>Register one file</LinkButton>}
    >
      <p>
        Write where the files are into <code>app-config.yaml</code>, and start the portal again. It reads them, and
        follows them from then on.
      </p>
      <div className={css['example']}>
        <CodeBlock code={example} language="yaml" name="example" />
      </div>
    </EmptyState>
  )
}

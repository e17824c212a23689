import { useQuery } from '@tanstack/react-query'
import { isApiError } from '../../lib/api-error.ts'
import { allowed, useSession } from '../../lib/session.ts'
import { asSentence } from '../../lib/words.ts'
import { CodeBlock } from '../../ui/code-block.tsx'
import { ErrorId, errorSentence } from '../../ui/strip.tsx'
import { analysisQuery } from './api.ts'
import { configOf, isRepository, locationOf, openingOf } from './targets.ts'
import { yamlOf } from './yaml.ts'
import css from './register.module.css'

/** It could not be looked at: what to do, and what else there is to do. */
export function Unreadable({ line, error }: { line: string; error: unknown }) {
  const location = locationOf(line)
  const local = location.type === 'file' || location.type === 'folder'
  // Where folders are open to the person, these lines help with what is outside, and with nothing that is wrong inside.
  const open = useSession().registerPaths !== undefined
  const closed = local && isApiError(error) && (error.status === 403) === open
  const opening = openingOf(location)
  return (
    <>
      <p>
        {isApiError(error) ? asSentence(error.remedy) : errorSentence(error)} <ErrorId error={error} />
      </p>
      {closed && (
        <>
          <p className="muted">An operator names it in the configuration, and the portal reads it at its next start:</p>
          <CodeBlock code={configOf(location)} language="yaml" name="lines for the configuration" />
        </>
      )}
      {closed && opening && (
        <>
          <p className="muted">Or opens its folder, so that what is in it can be registered here:</p>
          <CodeBlock code={opening} language="yaml" name="lines that open its folder" />
        </>
      )}
      {isApiError(error) && error.status === 400 && isRepository(location) && <Seen line={line} />}
    </>
  )
}

/** A repository without a descriptor: one made from what can be seen in it, to be committed there. */
function Seen({ line }: { line: string }) {
  const may = allowed(useSession(), 'catalog.location.analyze')
  const { data, isLoading } = useQuery({ ...analysisQuery(line), enabled: may })
  if (isLoading) return <p className="quiet">Looking for what can be seen in it…</p>
  const made = data?.generateEntities[0]
  if (!made) return null
  const asks = made.fields.filter((f) => f.state === 'needsUserInput')
  return (
    <>
      <p className={css['lead']}>
        It has no <span className="mono">catalog-info.yaml</span>. This is one made from what can be seen in it: commit
        it there, then look again.
      </p>
      <CodeBlock code={yamlOf(withoutTraces(made.entity))} language="yaml" name="descriptor" />
      {asks.length > 0 && (
        <ul className={css['asks']}>
          {asks.map((field) => (
            <li key={field.field} className="small">
              <span className="mono">{field.field}</span> <span className="muted">{field.description}</span>
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

/** The catalog's own annotations say where a thing was found; in a file they would be wrong. */
function withoutTraces<T extends { metadata: { annotations?: Record<string, string> } }>(entity: T): T {
  const own = Object.entries(entity.metadata.annotations ?? {}).filter(
    ([name]) => !/^(portico\.dev|backstage\.io)\//.test(name) || name === 'backstage.io/techdocs-ref',
  )
  const metadata = { ...entity.metadata }
  if (own.length > 0) metadata.annotations = Object.fromEntries(own)
  else delete metadata.annotations
  return { ...entity, metadata }
}

import { text, type Entity } from '../../lib/entity.ts'
import { count } from '../../lib/words.ts'
import { CodeBlock } from '../../ui/code-block.tsx'
import { Section } from '../../ui/section.tsx'

const formats: Record<string, string> = {
  openapi: 'OpenAPI',
  asyncapi: 'AsyncAPI',
  graphql: 'GraphQL',
  grpc: 'gRPC',
  trpc: 'tRPC',
}

/** The definition of an API as it was written, to read and to copy. */
export function ApiDefinition({ entity }: { entity: Entity }) {
  const definition = text(entity.spec?.['definition'])
  const type = text(entity.spec?.['type']) ?? ''
  const format = formats[type.toLowerCase()] ?? type
  if (!definition) {
    return (
      <Section title="Definition">
        <p className="muted">
          No definition yet. Put it under <span className="mono">spec.definition</span>, or point there with{' '}
          <span className="mono">$text</span>.
        </p>
      </Section>
    )
  }
  const lines = definition.trimEnd().split('\n').length
  return (
    <Section title="Definition" note={`${format} · ${count(lines, 'line')}`}>
      <CodeBlock
        code={definition}
        language={looksLikeYaml(definition) ? 'yaml' : 'plain'}
        name={`${format} definition`}
        tall
      />
    </Section>
  )
}

export function looksLikeYaml(code: string): boolean {
  return /^\s*[\w"'$-]+:(\s|$)/m.test(code) && !/^\s*[{[]/.test(code)
}

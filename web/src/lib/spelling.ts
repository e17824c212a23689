/** Names that have a spelling of their own, by what files call them. */
const names: Record<string, string> = {
  openapi: 'OpenAPI',
  asyncapi: 'AsyncAPI',
  graphql: 'GraphQL',
  grpc: 'gRPC',
  trpc: 'tRPC',
  mcp: 'MCP',
  'mcp-server': 'MCP',
  wsdl: 'WSDL',
  soap: 'SOAP',
  odata: 'OData',
  postgresql: 'PostgreSQL',
  postgres: 'PostgreSQL',
  mysql: 'MySQL',
  mongodb: 'MongoDB',
  rabbitmq: 'RabbitMQ',
  'kafka-topic': 'Kafka topic',
  'kafka-cluster': 'Kafka cluster',
  'kubernetes-cluster': 'Kubernetes cluster',
  's3-bucket': 'S3 bucket',
}

const languages: Record<string, string> = {
  golang: 'Go',
  typescript: 'TypeScript',
  javascript: 'JavaScript',
  php: 'PHP',
  sql: 'SQL',
  html: 'HTML',
  cpp: 'C++',
  csharp: 'C#',
  fsharp: 'F#',
  dotnet: '.NET',
}

/** A type as people write it: `openapi` is OpenAPI. A word of one's own stays as it is; so does what a filter or a file needs. */
export function typeName(type: string): string
export function typeName(type: string | undefined): string | undefined
export function typeName(type: string | undefined): string | undefined {
  return type && (own(names, type) ?? type)
}

/** A language as its makers write it; one that is not known gets a capital, since it is a name: `go 1.26` is Go 1.26. */
export function languageName(language: string): string {
  const [first = '', ...rest] = language.split(' ')
  const known = own(languages, first) ?? first.charAt(0).toUpperCase() + first.slice(1)
  return [known, ...rest].join(' ')
}

function own(of: Record<string, string>, name: string): string | undefined {
  const key = name.toLowerCase()
  return Object.hasOwn(of, key) ? of[key] : undefined
}

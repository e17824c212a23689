/** Types that have a spelling of their own, by what files call them. */
const names = new Map([
  ['openapi', 'OpenAPI'],
  ['asyncapi', 'AsyncAPI'],
  ['graphql', 'GraphQL'],
  ['grpc', 'gRPC'],
  ['trpc', 'tRPC'],
  ['mcp', 'MCP'],
  ['mcp-server', 'MCP'],
  ['postgresql', 'PostgreSQL'],
  ['mysql', 'MySQL'],
  ['mongodb', 'MongoDB'],
  ['kafka-topic', 'Kafka topic'],
  ['kafka-cluster', 'Kafka cluster'],
  ['kubernetes-cluster', 'Kubernetes cluster'],
  ['s3-bucket', 'S3 bucket'],
])

/** A type as people write it: `openapi` is OpenAPI. A word of one's own stays as it is; so does what a filter or a file needs. */
export function typeName(type: string): string
export function typeName(type: string | undefined): string | undefined
export function typeName(type: string | undefined): string | undefined {
  return type && (names.get(type.toLowerCase()) ?? type)
}

const sorts: Record<string, string> = {
  openapi: 'OpenAPI',
  asyncapi: 'AsyncAPI',
  graphql: 'GraphQL',
  grpc: 'gRPC',
  trpc: 'tRPC',
  wsdl: 'WSDL',
  xsd: 'XSD',
}

/** The type of an API, in its own spelling where it is one that everybody knows. */
export function asSort(type: string | undefined): string | undefined {
  return type && (sorts[type.toLowerCase()] ?? type)
}

import { expect, test } from 'vitest'
import { languageName } from './languages.ts'
import { typeName } from './words.ts'

test.each([
  ['openapi', 'OpenAPI'],
  ['gRPC', 'gRPC'],
  ['mcp-server', 'MCP'],
  ['kafka-topic', 'Kafka topic'],
  ['service', 'service'],
  ['Constructor', 'Constructor'],
  ['constructor', 'constructor'],
  ['', ''],
])('the type %s is written %s', (type, want) => {
  expect(typeName(type)).toBe(want)
})

test.each([
  ['go', 'Go'],
  ['go 1.26', 'Go 1.26'],
  ['typescript', 'TypeScript'],
  ['elixir', 'Elixir'],
  ['csharp', 'C#'],
  ['C++', 'C++'],
  ['C#', 'C#'],
  ['toString', 'ToString'],
])('the language %s is written %s', (language, want) => {
  expect(languageName(language)).toBe(want)
})

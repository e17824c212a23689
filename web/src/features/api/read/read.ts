import { readAsyncApi } from './asyncapi.ts'
import { introspectionOf, readGraphQl, readIntrospection } from './graphql.ts'
import { looksLikeMcp, readMcp } from './mcp.ts'
import type { Fault, Language, Reading } from './model.ts'
import { readOpenApi } from './openapi.ts'
import { looksLikeJson, parseData, ParseFault } from './parse.ts'
import { readPart } from './part.ts'
import { readProto } from './proto.ts'
import { looksLikeTrpc, readTrpc, readTrpcJson } from './trpc.ts'
import { isObj, own } from './value.ts'

export interface ReadResult {
  /** Absent where the definition can be shown as text alone. */
  reading?: Reading | undefined
  /** Why, where it should have been understood. */
  fault?: Fault | undefined
  language: Language
}

/**
 * Understands a definition by what it really is; what the entity calls it decides only where the text could be several things.
 * Never throws: whatever is wrong with a definition, its text can be shown.
 */
export function readDefinition(type: string, text: string): ReadResult {
  const language = languageOf(type, text)
  try {
    return { language, ...understand(type.toLowerCase(), text, language) }
  } catch (fault) {
    const { message, line } = fault instanceof ParseFault ? fault : new ParseFault(faultWords(fault))
    return { language, fault: { message, line } }
  }
}

function faultWords(fault: unknown): string {
  return fault instanceof RangeError ? 'it is nested too deeply' : 'it is unlike anything that Portico can read'
}

function understand(type: string, text: string, language: Language): Omit<ReadResult, 'language'> {
  if (text.trim() === '') return { fault: { message: 'the definition is empty' } }
  switch (language) {
    case 'proto':
      return { reading: readProto(text) }
    case 'graphql':
      return { reading: readGraphQl(text) }
    case 'ts':
      return { reading: readTrpc(text) }
    case 'json':
    case 'yaml':
      return data(type, text)
    default:
      return {}
  }
}

function data(type: string, text: string): Omit<ReadResult, 'language'> {
  const root = parseData(text)
  if (isObj(root)) {
    if (root['openapi'] !== undefined || root['swagger'] !== undefined) return { reading: readOpenApi(root) }
    if (root['asyncapi'] !== undefined) return { reading: readAsyncApi(root) }
    const schema = introspectionOf(root)
    if (schema) return { reading: readIntrospection(schema) }
    if (type === 'trpc') {
      const reading = readTrpcJson(root)
      if (reading) return { reading }
    }
    if (
      (type.includes('mcp') || own(root, 'tools') !== undefined || own(root, 'remotes') !== undefined) &&
      looksLikeMcp(root)
    )
      return { reading: readMcp(root) }
  }
  const reading = readPart(root)
  if (reading) return { reading }
  return known.has(type) ? { fault: { message: `nothing in it says that it is ${known.get(type) ?? type}` } } : {}
}

const known = new Map([
  ['openapi', 'OpenAPI: “openapi:” or “swagger:” is missing'],
  ['asyncapi', 'AsyncAPI: “asyncapi:” is missing'],
  ['graphql', 'a GraphQL schema'],
  ['grpc', 'a protocol buffer'],
  ['trpc', 'a tRPC router'],
  ['mcp-server', 'an MCP server: it names no remotes, packages or tools'],
])

/** What a text is written in. */
export function languageOf(type: string, text: string): Language {
  const hint = type.toLowerCase()
  const start = text.slice(0, 20_000)
  if (/^\s*(<\?xml|<[\w:-]+[\s/>])/.test(start)) return 'xml'
  if (looksLikeJson(start)) return 'json'
  // Not indented: a field of a schema may be called so.
  if (/^(openapi|swagger|asyncapi)["']?\s*:/m.test(start)) return 'yaml'
  if (hint === 'graphql' || hint === 'gql') return 'graphql'
  const code = start.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(\/\/|#)[^\n]*/g, '')
  if (/^\s*(syntax|edition)\s*=\s*["']/m.test(code)) return 'proto'
  if (/^\s*(openapi|swagger|asyncapi)["']?\s*:/m.test(code)) return 'yaml'
  if (['grpc', 'protobuf', 'proto'].includes(hint)) return 'proto'
  if (/^\s*(service|message)\s+\w+\s*\{/m.test(code)) return 'proto'
  if (
    /^\s*(extend\s+)?(type|interface|input|enum|scalar|union|schema)\s*[\w@ &()":-]*[{=]/m.test(code) &&
    !looksLikeTrpc(text)
  )
    return 'graphql'
  if (hint === 'trpc' || looksLikeTrpc(start)) return 'ts'
  return /^\s*(- )?[\w"'$./-]+:(\s|$)/m.test(code) ? 'yaml' : 'plain'
}

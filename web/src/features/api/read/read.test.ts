import { describe, expect, test } from 'vitest'
import { curl } from './curl.ts'
import type { Field, Reading } from './model.ts'
import { parseProto } from './proto-parse.ts'
import { languageOf, readDefinition } from './read.ts'

function read(type: string, text: string): Reading {
  const { reading, fault } = readDefinition(type, text)
  if (!reading) throw new Error(`it is not understood: ${fault?.message ?? 'text alone'}`)
  return reading
}

function items(reading: Reading): string[] {
  return reading.outline.groups.flatMap((g) => g.items.map((i) => i.id))
}

const shop = `openapi: 3.1.0
info: { title: Shop, version: '1' }
servers: [{ url: https://shop.example/v1 }]
tags: [{ name: Orders, description: What was bought. }]
paths:
  /orders/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: string, format: uuid } }]
    get:
      tags: [Orders]
      summary: One order
      deprecated: true
      security: [{ key: [] }]
      responses:
        '200': { description: It, content: { application/json: { schema: { $ref: '#/components/schemas/Order' } } } }
        '404': { $ref: 'common.yaml#/NotFound' }
    put:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Order' } } } }
      responses: {}
components:
  securitySchemes: { key: { type: apiKey, in: header, name: X-Key } }
  schemas:
    Order:
      type: object
      required: [id]
      properties:
        id: { type: string, minLength: 3 }
        parent: { $ref: '#/components/schemas/Order' }
        lines: { type: array, items: { type: object, properties: { sku: { type: [string, 'null'] } } } }
`

describe('OpenAPI', () => {
  const reading = read('openapi', shop)

  test('operations stand under their tags, with what the path shares', () => {
    expect(reading.outline.format).toBe('OpenAPI 3.1.0')
    expect(items(reading)).toEqual(['GET /orders/{id}', 'PUT /orders/{id}', 'schema Order'])
    const entry = reading.entry('GET /orders/{id}')
    expect(entry).toMatchObject({ badge: 'GET', title: 'One order', deprecated: true })
    const [facts, path, ok, missing] = entry?.blocks ?? []
    expect(facts).toMatchObject({ facts: [{ term: 'Sign-in', value: 'key (a key in header X-Key)' }] })
    expect(path).toMatchObject({
      title: 'In the path',
      fields: [{ name: 'id', type: 'string (uuid)', required: true }],
    })
    expect(ok).toMatchObject({ title: '200', note: 'application/json · Order', tone: 'good' })
    expect(missing).toMatchObject({ title: '404', note: 'written in common.yaml#/NotFound' })
  })

  test('a schema that contains itself is opened a level at a time', () => {
    const fields = reading.fields('/components/schemas/Order')
    expect(fields.map((f) => [f.name, f.type, f.required])).toEqual([
      ['id', 'string', true],
      ['parent', 'Order', undefined],
      ['lines', 'array of object', undefined],
    ])
    expect(fields[0]?.notes).toEqual(['3 characters or more'])
    expect(fields[1]?.to).toBe('schema Order')
    expect(fields[1]?.fields).toBeUndefined()
    expect(reading.fields(fields[1]?.more ?? '').map((f) => f.name)).toEqual(['id', 'parent', 'lines'])
    expect(fields[2]?.fields).toMatchObject([{ name: 'sku', type: 'string or null' }])
  })

  test('a call is a command, whose text from the definition a shell does not read', () => {
    const code = reading.entry('PUT /orders/{id}')?.blocks.find((b) => b.kind === 'code')
    expect(code).toMatchObject({ title: 'curl' })
    expect(code && 'code' in code ? code.code : '').toContain(`curl -X PUT \\\n  'https://shop.example/v1/orders/{id}'`)
    const hostile = curl({
      method: 'get',
      url: "https://x/$(id)'`id`",
      query: ['a b'],
      headers: ['X: $(id)'],
      media: undefined,
      body: undefined,
    })
    expect(hostile).toBe(`curl 'https://x/$(id)'\\''\`id\`?a%20b=…' \\\n  -H 'X: $(id)'`)
  })
})

test('Swagger 2.0: bodies, servers and definitions', () => {
  const reading = read(
    'openapi',
    `{"swagger":"2.0","info":{"title":"Old","version":"1"},"host":"old.example","basePath":"/v1","schemes":["https"],
      "paths":{"/pets":{"post":{"parameters":[{"in":"body","name":"pet","schema":{"$ref":"#/definitions/Pet"}}],"responses":{"default":{"description":"Fault"}}}}},
      "definitions":{"Pet":{"allOf":[{"type":"object","properties":{"name":{"type":"string"}}},{"required":["name"]}]}}}`,
  )
  expect(reading.outline.facts[0]).toMatchObject({ term: 'Server', value: 'https://old.example/v1' })
  const body = reading.entry('POST /pets')?.blocks.find((b) => b.kind === 'fields' && b.title === 'Body')
  expect(body).toMatchObject({ note: 'Pet', fields: [{ name: 'name', type: 'string' }] })
})

test('AsyncAPI 3: operations with their channel and messages', () => {
  const reading = read(
    'asyncapi',
    `asyncapi: 3.0.0
info: { title: Lights, version: '1' }
channels: { on: { address: 'light/{id}', parameters: { id: { description: Which } }, messages: { m: { $ref: '#/components/messages/turn' } } } }
operations: { turnOn: { action: receive, channel: { $ref: '#/channels/on' } } }
components: { messages: { turn: { payload: { type: object, properties: { level: { type: integer } } } } } }
`,
  )
  expect(items(reading)).toEqual(['RECEIVE turnOn', 'channel on', 'message turn'])
  const entry = reading.entry('RECEIVE turnOn')
  expect(entry?.code).toBe('light/{id}')
  expect(entry?.blocks.at(-1)).toMatchObject({ section: 'Message turn', title: 'Payload', fields: [{ name: 'level' }] })
})

describe('GraphQL', () => {
  const reading = read(
    'graphql',
    `"One who sails" type Sailor implements Named { name: String! boat(first: Int = 3): Boat @deprecated(reason: "Ask Fleet") }
interface Named { name: String! }
type Boat { crew: [Sailor!]! }
extend type Query { sailor(id: ID!): Sailor }
type Query { ping: String }`,
  )

  test('operations, types and what uses them', () => {
    expect(items(reading)).toEqual(['query sailor', 'query ping', 'type Sailor', 'type Boat', 'type Named'])
    expect(reading.entry('query sailor')).toMatchObject({ code: 'sailor(id: ID!): Sailor' })
    const sailor = reading.entry('type Sailor')
    expect(sailor?.blocks.find((b) => b.kind === 'links' && b.title === 'Used by')).toMatchObject({
      links: [{ id: 'type Boat' }, { id: 'query sailor' }],
    })
    const fields = reading.fields('Sailor')
    expect(fields[1]).toMatchObject({
      deprecated: true,
      to: 'type Boat',
      notes: ['with first: Int', 'deprecated: Ask Fleet'],
    })
  })

  test('the answer to the introspection query says the same', () => {
    const told = read(
      'graphql',
      JSON.stringify({
        data: {
          __schema: {
            queryType: { name: 'Query' },
            types: [
              {
                kind: 'OBJECT',
                name: 'Query',
                fields: [
                  { name: 'ping', args: [], type: { kind: 'NON_NULL', ofType: { kind: 'SCALAR', name: 'String' } } },
                ],
              },
              { kind: 'SCALAR', name: 'String' },
            ],
          },
        },
      }),
    )
    expect(items(told)).toEqual(['query ping'])
    expect(told.entry('query ping')?.code).toBe('ping: String!')
  })

  test('a fault has its line', () => {
    expect(readDefinition('graphql', 'type A {\n  b: \n}').fault).toMatchObject({ line: 3 })
  })
})

describe('protocol buffers', () => {
  const text = `// Copyright nobody
syntax = "proto3";
package quay.v1;
import "other.proto";
// Loads ships.
service Loader {
  // Loads one.
  rpc Load(stream LoadRequest) returns (.quay.v1.LoadReply) { option (google.api.http) = { post: "/v1/*" body: "*" }; }
}
message LoadRequest {
  oneof what { string crate = 1; Kind kind = 2 [deprecated = true]; }
  map<string, Nested> by_name = 3; // beside
  message Nested { repeated int32 n = 1 [(rule).int32 = {gt: 0, lt: 3}]; }
  reserved 4, 7 to max;
}
message LoadReply {}
enum Kind { UNKNOWN = 0; COLD = -1; }
syntax = "proto2";
package more;
message Old { required group Part = 1 { optional string s = 2; } extensions 100 to 199; }
extend Old { optional int32 x = 101; }`

  test('services, streams, nested types; several files', () => {
    const reading = read('grpc', text)
    expect(reading.outline).toMatchObject({ format: 'Protocol buffers (proto3, proto2)', about: undefined })
    expect(items(reading)).toEqual([
      'quay.v1.Loader/Load',
      'type quay.v1.LoadRequest',
      'type quay.v1.LoadRequest.Nested',
      'type quay.v1.LoadReply',
      'type more.Old',
      'type more.Old.Part',
      'type quay.v1.Kind',
      'type Old',
    ])
    expect(reading.entry('quay.v1.Loader/Load')?.code).toBe('rpc Load(stream LoadRequest) returns (.quay.v1.LoadReply)')
    const fields = reading.fields('quay.v1.LoadRequest')
    expect(fields.map((f) => f.to)).toEqual([undefined, 'type quay.v1.Kind', 'type quay.v1.LoadRequest.Nested'])
    expect(fields[1]).toMatchObject({ deprecated: true, notes: ['number 2', 'one of what'] })
    expect(fields[2]).toMatchObject({ type: 'map of string to Nested', about: 'beside' })
  })

  test.each([
    ['message A {\n  string b = 1\n}', 3, '“;” is missing before “}”'],
    ['message A {', 1, 'it ends too early'],
    ['nonsense 1', 1, '“nonsense” is not how a statement begins'],
  ])('%j says where it goes wrong', (text, line, message) => {
    expect(() => parseProto(text)).toThrow(message)
    expect(readDefinition('grpc', text).fault).toEqual({ message, line })
  })
})

describe('tRPC', () => {
  test('a router in TypeScript, with one of another variable within', () => {
    const reading = read(
      'trpc',
      `const t = initTRPC.create()
// not: bad: t.procedure.query(
const users = t.router({
  /** All of them. */
  list: t.procedure.input(z.object({ take: z.number() })).query(({ input }) => db.all(input)),
})
export const appRouter = t.router({ users, post: t.router({ add: t.procedure.input(Post).output(z.string()).mutation(() => 'x') }) })`,
    )
    expect(items(reading)).toEqual(['query users.list', 'mutation post.add'])
    expect(reading.entry('query users.list')).toMatchObject({
      about: 'All of them.',
      blocks: [{ title: 'Input', code: 'z.object({ take: z.number() })' }],
    })
  })

  test('procedures as JSON', () => {
    const reading = read(
      'trpc',
      `{"user":{"byId":{"type":"query","input":{"type":"object","properties":{"id":{"type":"string"}}}}}}`,
    )
    expect(items(reading)).toEqual(['query user.byId'])
    expect(reading.entry('query user.byId')?.blocks[0]).toMatchObject({ title: 'Input', fields: [{ name: 'id' }] })
  })
})

test('an MCP server: addresses, tools, packages', () => {
  const reading = read(
    'mcp-server',
    `{"remotes":[{"type":"streamable-http","url":"https://m.example/mcp"}],"tools":[{"name":"next","inputSchema":{"type":"object","properties":{"port":{"type":"string"}}},"annotations":{"readOnlyHint":true}}]}`,
  )
  expect(items(reading)).toEqual(['tool next', 'remote https://m.example/mcp'])
  expect(reading.entry('tool next')?.blocks).toMatchObject([
    { facts: [{ value: 'only reads' }] },
    { title: 'Input', fields: [{ name: 'port' }] },
  ])
})

test('what it is decides, not what it is called', () => {
  expect(read('grpc', shop).outline.sort).toBe('openapi')
  expect(read('graphql', shop).outline.sort).toBe('openapi')
  expect(read('something', 'type Query { a: Int }').outline.sort).toBe('graphql')
  expect(languageOf('wsdl', '<?xml version="1.0"?><definitions/>')).toBe('xml')
  expect(readDefinition('wsdl', '<definitions/>')).toEqual({ language: 'xml' })
  expect(readDefinition('openapi', 'hello: 1').fault?.message).toContain('“openapi:” or “swagger:” is missing')
  expect(readDefinition('openapi', 'a: [').fault?.line).toBe(1)
  expect(readDefinition('openapi', '{\n"a": 1,\n"b" ]}').fault?.line).toBe(3)
})

describe('hostile definitions are harmless', () => {
  test('nested too deeply', () => {
    const deep = '{"a":'.repeat(200_000) + '1' + '}'.repeat(200_000)
    expect(readDefinition('openapi', deep).reading).toBeUndefined()
    expect(readDefinition('openapi', '['.repeat(200_000)).reading).toBeUndefined()
    expect(readDefinition('graphql', `type Q { a: ${'['.repeat(100_000)}`).reading).toBeUndefined()
    expect(readDefinition('grpc', 'message A {'.repeat(100_000)).reading).toBeUndefined()
  })

  test('a billion laughs, and a circle of YAML', () => {
    const laughs = ['a: &a [x, x]']
    for (let i = 1; i < 40; i++)
      laughs.push(`${'b'.repeat(i)}: &n${i} [*${i === 1 ? 'a' : `n${i - 1}`}, *${i === 1 ? 'a' : `n${i - 1}`}]`)
    const text = `openapi: 3.0.0\ninfo: {title: x}\n${laughs.join('\n')}\ncomponents: {schemas: {S: {example: *n39, enum: *n39, default: *n39}, T: &t {allOf: [*t], properties: {t: *t}, example: *t}}}\npaths: {/x: {get: {responses: {'200': {content: {a/b: {example: *n39}}}}}}}`
    const reading = read('openapi', text)
    for (const id of items(reading)) expect(JSON.stringify(reading.entry(id)).length).toBeLessThan(500_000)
    expect(items(reading)).toHaveLength(3)
  })

  test('names of prototypes are names', () => {
    const text = `{"openapi":"3.0.0","info":{},"paths":{"/__proto__":{"get":{"responses":{}}},"__proto__":{"get":{"responses":{}}}},"components":{"schemas":{"__proto__":{"properties":{"constructor":{"type":"string"},"__proto__":{"$ref":"#/constructor/prototype"}}}}}}`
    const reading = read('openapi', text)
    expect(items(reading)).toEqual(['GET /__proto__', 'GET __proto__', 'schema __proto__'])
    const names = (fields: Field[]) => fields.map((f) => f.name)
    const block = reading.entry('schema __proto__')?.blocks.find((b) => b.kind === 'fields')
    expect(block && 'fields' in block ? names(block.fields) : []).toEqual(['constructor', '__proto__'])
    expect(({} as Record<string, unknown>)['get']).toBeUndefined()
    expect(reading.entry('toString')).toBeUndefined()
  })

  test('only addresses that lead to a page or a mailbox', () => {
    const text = `openapi: 3.0.0\ninfo: {title: x, contact: {name: me, url: 'javascript:alert(1)'}, license: {name: l, url: 'https://l.example'}}\npaths: {}`
    expect(read('openapi', text).outline.facts.map((f) => f.href)).toEqual([undefined, 'https://l.example'])
  })
})

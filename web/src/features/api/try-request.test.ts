import { describe, expect, test } from 'vitest'
import { readDefinition } from './read/read.ts'
import type { HttpRequest } from './read/model.ts'
import { isText, placesOf, prepare, unsendable } from './try-request.ts'

function request(id: string, definition: string): HttpRequest {
  const found = readDefinition('openapi', definition).reading?.entry(id)?.request
  if (!found) throw new Error(`there is no request ${id}`)
  return found
}

const shop = `openapi: 3.1.0
info: { title: Shop, version: '1' }
servers: [{ url: 'https://{region}.shop.example/v1/', variables: { region: { default: eu } } }, { url: /v1 }]
security: [{ token: [] }]
paths:
  /orders/{id}:
    servers: [{ url: https://orders.example }]
    parameters: [{ name: id, in: path, required: true, schema: { type: string }, example: a/b }]
    put:
      parameters:
        - { name: page, in: query, schema: { type: integer, default: 1 } }
        - { name: filter, in: query, required: true, schema: { type: string } }
        - { name: X-Trace, in: header, schema: { type: string } }
      requestBody: { required: true, content: { application/json: { example: { sku: rope } } } }
      responses: {}
  /orders:
    get: { responses: {} }
    post: { requestBody: { content: { application/x-www-form-urlencoded: { example: { a: 1, b: 'c d' } } } }, responses: {} }
components: { securitySchemes: { token: { type: http, scheme: bearer } } }
`

describe('a request of a definition', () => {
  test('has what the definition gives, and nothing made up', () => {
    const put = request('PUT /orders/{id}', shop)
    expect(put.servers).toEqual(['https://orders.example'])
    expect(put.parameters.map((p) => [p.in, p.name, p.value, p.required ?? false])).toEqual([
      ['header', 'Authorization', '', false],
      ['path', 'id', 'a/b', true],
      ['query', 'page', '1', false],
      ['query', 'filter', '', true],
      ['header', 'X-Trace', '', false],
    ])
    expect(put.body).toEqual({ media: 'application/json', required: true, text: '{\n  "sku": "rope"\n}' })
    expect(request('GET /orders', shop).servers).toEqual(['https://eu.shop.example/v1/', '/v1'])
    expect(request('POST /orders', shop).body?.text).toBe('a=1&b=c%20d')
  })

  test('goes where it was meant to', () => {
    const put = request('PUT /orders/{id}', shop)
    const place = { server: 'https://orders.example', origin: 'https://orders.example' }
    expect(prepare(put, place, { values: ['Bearer x', 'a/b', '', 'red & blue', ''], body: '{}' })).toEqual({
      url: 'https://orders.example/orders/a%2Fb?filter=red+%26+blue',
      method: 'PUT',
      headers: [
        ['Authorization', 'Bearer x'],
        ['Content-Type', 'application/json'],
      ],
      body: '{}',
    })
    expect(prepare(put, place, { values: ['', '', '', 'x', ''], body: '{}' })).toBe('Fill in id.')
    expect(prepare(put, place, { values: ['', 'a', '', '', ''], body: '{}' })).toBe('Fill in filter.')
    expect(prepare(put, place, { values: ['', 'a', '', 'x', ''], body: '' })).toBe('Fill in the body.')
    expect(prepare(put, place, { values: ['a\nb', 'a', '', 'x', ''], body: '{}' })).toMatch('A header cannot hold')
  })

  test('never leaves the server that was chosen, whatever the path is', () => {
    const plain: HttpRequest = { method: 'GET', servers: [], path: '', parameters: [] }
    const place = { server: 'https://ok.example', origin: 'https://ok.example' }
    for (const [server, path] of [
      ['https://ok.example', '@evil.example/'],
      ['https://ok.example@evil.example', '/x'],
      ['https://evil.example', '/x'],
      ['https://me:secret@ok.example', '/x'],
    ] as const) {
      const url = prepare({ ...plain, path }, { ...place, server }, { values: [], body: '' })
      if (typeof url !== 'string') expect(new URL(url.url).origin).toBe('https://ok.example')
      if (server !== 'https://ok.example') expect(url).toBe('The address would lead to another server.')
    }
  })
})

describe('where it may go', () => {
  const put = request('PUT /orders/{id}', shop)
  const listed = (origin: string, apis?: string[]) =>
    placesOf(put, 'api:default/Shop', [{ origin, ...(apis && { apis }) }])

  test('only to what the operator listed, for this API', () => {
    expect(placesOf(put, 'api:default/shop', [])).toEqual([])
    expect(listed('https://orders.example')).toHaveLength(1)
    expect(listed('https://orders.example', ['api:default/shop'])).toHaveLength(1)
    expect(listed('https://orders.example', ['api:default/other'])).toEqual([])
    expect(listed('https://orders.example:8443')).toEqual([])
    expect(listed('http://orders.example')).toEqual([])
  })

  test('what no browser sends says so', () => {
    expect(unsendable(put)).toBeUndefined()
    expect(unsendable({ ...put, servers: ['/v1'] })).toMatch('without a host')
    expect(unsendable({ ...put, servers: [] })).toMatch('names no server')
    expect(unsendable({ ...put, method: 'TRACE' })).toMatch('do not send TRACE')
    expect(unsendable({ ...put, body: { media: 'multipart/form-data', required: true, text: '' } })).toMatch('Files')
  })
})

test('what is text is shown', () => {
  for (const media of ['text/plain', 'application/json; charset=utf-8', 'application/problem+json', 'image/svg+xml'])
    expect(isText(media)).toBe(true)
  for (const media of ['image/png', 'application/octet-stream', 'application/pdf']) expect(isText(media)).toBe(false)
})

import { describe, expect, test } from 'vitest'
import { readDefinition } from './read/read.ts'
import type { HttpRequest } from './read/model.ts'
import { isText, keptBack, MOST_SENT, placesOf, prepare, unsendable } from './try-request.ts'

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
    const body = { required: true, text: '' }
    expect(unsendable({ ...put, body: { ...body, media: 'multipart/mixed' } })).toMatch('puts no multipart/mixed')
    expect(unsendable({ ...put, body: { ...body, media: 'multipart/form-data', parts: [] } })).toMatch('does not say')
  })
})

const uploads = `openapi: 3.0.3
info: { title: Uploads, version: '1' }
servers: [{ url: 'https://up.example' }]
security: [{ session: [] }]
paths:
  /photos:
    post:
      parameters:
        - { name: Host, in: header, required: true, schema: { type: string } }
        - { name: X-Trace, in: header, schema: { type: string } }
      requestBody:
        required: true
        content:
          multipart/form-data:
            schema:
              allOf: [{ $ref: '#/components/schemas/Named' }]
              required: [photo]
              properties:
                photo: { type: string, format: binary }
                more: { type: array, items: { $ref: '#/components/schemas/File' } }
                about: { type: object, properties: { place: { type: string } }, example: { place: quay } }
                'a=@/etc/passwd': { type: string, example: '@/etc/passwd' }
            encoding: { photo: { contentType: 'image/png, image/jpeg' } }
      responses: {}
    put: { requestBody: { required: true, content: { 'image/*': {} } }, responses: {} }
    patch: { requestBody: { content: { application/pdf: { schema: { type: string, format: binary } } } }, responses: {} }
components:
  securitySchemes: { session: { type: apiKey, in: cookie, name: sid } }
  schemas:
    File: { type: string, format: binary }
    Named: { type: object, required: [name], properties: { name: { type: string, example: '@me;x' } } }
`

describe('files', () => {
  const post = request('POST /photos', uploads)
  const place = { server: 'https://up.example', origin: 'https://up.example' }
  const photo = new File(['png'], 'a.png', { type: 'image/png' })
  const named = (name: string) => post.body?.parts?.findIndex((p) => p.name === name) ?? -1
  const filled = (parts: Record<string, string | File[]>) => {
    const all = (post.body?.parts ?? []).map((p): string | File[] => p.value)
    for (const [name, value] of Object.entries(parts)) all[named(name)] = value
    return { values: [], body: '', parts: all }
  }

  test('a form has its parts, each as the definition has it', () => {
    expect(post.body?.parts).toEqual([
      { name: 'photo', required: true, hint: 'file · image/png, image/jpeg', value: '', file: 'one' },
      { name: 'more', hint: 'files', value: '', file: 'many' },
      { name: 'about', hint: 'object', value: '{ "place": "quay" }', media: 'application/json' },
      { name: 'a=@/etc/passwd', hint: 'string', value: '@/etc/passwd' },
      { name: 'name', required: true, hint: 'string', value: '@me;x' },
    ])
  })

  test('are sent as parts, and the browser says where each ends', async () => {
    expect(prepare(post, place, filled({}))).toBe('Choose a file for photo.')
    expect(prepare(post, place, filled({ photo: [photo], name: '' }))).toBe('Fill in name.')
    const sent = prepare(post, place, filled({ photo: [photo], more: [photo, photo] }))
    if (typeof sent === 'string' || !(sent.body instanceof FormData)) throw new Error('no form')
    expect(sent.headers).toEqual([])
    expect([...sent.body.keys()]).toEqual(['photo', 'more', 'more', 'about', 'a=@/etc/passwd', 'name'])
    const about = sent.body.get('about')
    expect(about instanceof Blob && [about.type, await about.text()]).toEqual([
      'application/json',
      '{ "place": "quay" }',
    ])
  })

  test('more than is sent from a page is refused before it leaves', () => {
    const large = new File([new Uint8Array(MOST_SENT + 1)], 'large')
    expect(prepare(post, place, filled({ photo: [large] }))).toMatch('at most 20 MiB')
    expect(prepare(request('PUT /photos', uploads), place, { values: [], body: '', parts: [[large]] })).toMatch(
      '20 MiB',
    )
  })

  test('a body that is a file goes as it is', () => {
    const [put, patch] = [request('PUT /photos', uploads), request('PATCH /photos', uploads)]
    expect(prepare(put, place, { values: [], body: '' })).toBe('Choose a file.')
    expect(prepare(put, place, { values: [], body: '', parts: [[photo]] })).toMatchObject({
      headers: [['Content-Type', 'image/png']],
      body: photo,
    })
    expect(prepare(patch, place, { values: [], body: '', parts: [[photo]] })).toMatchObject({
      headers: [['Content-Type', 'application/pdf']],
    })
    expect(prepare(patch, place, { values: [], body: '' })).toMatchObject({ headers: [] })
  })

  test('what only the browser writes is told apart', () => {
    expect(post.parameters.map((p) => [p.name, keptBack(p)])).toEqual([
      ['sid', 'cookie'],
      ['Host', 'header'],
      ['X-Trace', undefined],
    ])
  })

  test('the command has the parts, and reads no file that a definition names', () => {
    const entry = readDefinition('openapi', uploads).reading?.entry('POST /photos')
    const block = entry?.blocks.find((b) => b.kind === 'code' && b.title === 'curl')
    expect(
      block?.kind === 'code' &&
        block.code
          .split('\n')
          .slice(1)
          .map((l) => l.trim().replace(/ \\$/, '')),
    ).toEqual([
      "-H 'Host: …'",
      '-F photo=@FILE',
      `-F 'about="{ \\"place\\": \\"quay\\" }";type=application/json'`,
      '--form-string a=@/etc/passwd=@/etc/passwd',
      `--form-string 'name=@me;x'`,
    ])
  })
})

test('what is text is shown', () => {
  for (const media of ['text/plain', 'application/json; charset=utf-8', 'application/problem+json', 'image/svg+xml'])
    expect(isText(media)).toBe(true)
  for (const media of ['image/png', 'application/octet-stream', 'application/pdf']) expect(isText(media)).toBe(false)
})

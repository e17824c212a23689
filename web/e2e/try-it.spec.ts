import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serious } from './axe.ts'
import { expect, test } from './fixtures.ts'
import { startPortal } from './server.ts'

test.skip(!process.env['PORTICO_BIN'], 'it starts a portal of its own: set PORTICO_BIN')
test.describe.configure({ mode: 'serial' })

interface Asked {
  method: string
  url: string
  headers: IncomingMessage['headers']
  body: string
}

/** A real server of an API that lets pages of the portal read it, and keeps what it was asked. */
class Orders {
  readonly asked: Asked[] = []
  private readonly server: Server

  constructor() {
    this.server = createServer((request, response) => {
      let body = ''
      request.on('data', (part: Buffer) => (body += part.toString()))
      request.on('end', () => {
        const cors = { 'Access-Control-Allow-Origin': request.headers.origin ?? '*' }
        if (request.method === 'OPTIONS') {
          response.writeHead(204, {
            ...cors,
            'Access-Control-Allow-Methods': '*',
            'Access-Control-Allow-Headers': '*, Authorization, Content-Type',
          })
          response.end()
          return
        }
        this.asked.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body })
        if (request.url === '/v1/all') {
          response.writeHead(200, { ...cors, 'Content-Type': 'text/plain' })
          response.end('x'.repeat(600 * 1024))
        } else if (request.url === '/v1/silent') {
          response.writeHead(200, { 'Content-Type': 'text/plain' })
          response.end('not for pages')
        } else {
          response.writeHead(201, { ...cors, 'Content-Type': 'application/json', 'Set-Cookie': 'theirs=1' })
          response.end('{"id":"<b>a/b</b>"}')
        }
      })
    })
  }

  async listen(): Promise<string> {
    await new Promise<void>((done) => this.server.listen(0, '127.0.0.1', done))
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((done) => this.server.close(done))
  }
}

const definition = (server: string) => `openapi: 3.1.0
info: { title: Orders, version: '1' }
servers: [{ url: ${server}/v1 }]
security: [{ token: [] }]
paths:
  /all: { get: { summary: Everything, security: [], responses: {} } }
  /silent: { get: { summary: Says nothing to pages, security: [], responses: {} } }
  /orders/{id}:
    put:
      summary: Change an order
      parameters:
        - { name: id, in: path, required: true, schema: { type: string }, example: a/b }
        - { name: dry, in: query, schema: { type: boolean } }
      requestBody: { required: true, content: { application/json: { example: { sku: rope } } } }
      responses: {}
components: { securitySchemes: { token: { type: http, scheme: bearer } } }
`

const [listed, other] = [new Orders(), new Orders()]
let otherAt = ''
let portal: { url: string; stop: () => Promise<void> }
let work = ''

test.beforeAll(async () => {
  test.setTimeout(120_000)
  const listedAt = await listed.listen()
  otherAt = await other.listen()
  work = mkdtempSync(join(tmpdir(), 'portico-try-'))
  mkdirSync(join(work, 'defs'))
  const docs: string[] = []
  for (const [name, server] of [
    ['orders', listedAt],
    ['not-named', listedAt],
    ['elsewhere', otherAt],
  ] as const) {
    writeFileSync(join(work, 'defs', `${name}.yaml`), definition(server))
    docs.push(
      `apiVersion: backstage.io/v1alpha1\nkind: API\nmetadata: {name: ${name}}\nspec: {type: openapi, lifecycle: production, owner: quay, definition: {$text: ./defs/${name}.yaml}}\n`,
    )
  }
  writeFileSync(join(work, 'apis.yaml'), docs.join('---\n'))
  writeFileSync(
    join(work, 'app-config.yaml'),
    `auth: {providers: {guest: {}}}
portico: {apis: {tryIt: [{origin: '${listedAt}', apis: [api:default/orders]}]}}
catalog: {locations: [{type: file, target: ./apis.yaml, rules: [{allow: [API]}]}]}
`,
  )
  portal = await startPortal(work, 'try')
})

test.afterAll(async () => {
  await portal.stop()
  await Promise.all([listed.stop(), other.stop()])
  rmSync(work, { recursive: true, force: true })
})

const operation = (api: string, id: string) =>
  `${portal.url}/catalog/default/api/${api}/api?at=${encodeURIComponent(id).replaceAll('%20', '+')}`

test('an operation is tried with what the definition gives, and the answer is read', async ({ page }) => {
  await page.goto(operation('orders', 'PUT /orders/{id}'))
  const form = page.getByRole('region', { name: 'Try it' })
  await expect(form.getByRole('textbox', { name: 'id in the path' })).toHaveValue('a/b')
  await expect(form.getByRole('textbox', { name: 'Body application/json' })).toHaveValue(/"sku": "rope"/)

  // What is missing is said before anything is sent.
  await form.getByRole('textbox', { name: 'id in the path' }).fill('')
  await form.getByRole('button', { name: 'Send PUT' }).click()
  await expect(form.getByRole('alert')).toHaveText('Fill in id.')
  expect(listed.asked).toEqual([])

  await form.getByRole('textbox', { name: 'id in the path' }).fill('../c d')
  await form.getByRole('textbox', { name: 'dry query' }).fill('true')
  await form.getByLabel('Authorization').fill('Bearer mine')
  await form.getByLabel('Authorization').press('Enter')
  await expect(form.getByText('201 Created')).toBeVisible()
  await expect(form.getByText(/^in [\d,]+ ms$/)).toBeVisible()
  await expect(form.getByRole('region', { name: 'Body of the answer' })).toContainText('"id": "<b>a/b</b>"')
  await expect(form.getByText('content-type')).toBeVisible()
  const [asked] = listed.asked
  expect(asked).toMatchObject({ method: 'PUT', url: '/v1/orders/..%2Fc%20d?dry=true' })
  expect(JSON.parse(asked?.body ?? '')).toEqual({ sku: 'rope' })
  expect(asked?.headers['authorization']).toBe('Bearer mine')
  expect(asked?.headers.cookie).toBeUndefined()
  expect(asked?.headers.referer).toBeUndefined()
  expect(await serious(page)).toEqual([])
})

test('an answer without an end is cut', async ({ page }) => {
  await page.goto(operation('orders', 'GET /all'))
  const form = page.getByRole('region', { name: 'Try it' })
  await form.getByRole('button', { name: 'Send GET' }).click()
  await expect(form.getByText('Cut after 256 KiB.')).toBeVisible()
  await expect(form.getByLabel('Authorization')).toHaveCount(0)
})

test('a server that keeps pages out is named as the cause', async ({ page, quiet }) => {
  await page.goto(operation('orders', 'GET /silent'))
  const form = page.getByRole('region', { name: 'Try it' })
  await form.getByRole('button', { name: 'Send GET' }).click()
  await expect(form.getByText('No answer could be read.')).toBeVisible()
  // The browser says so, too.
  expect(quiet.splice(0).join(' ')).toContain('CORS policy')
})

test('a server that is not listed is neither offered nor reached', async ({ page, quiet }) => {
  for (const api of ['elsewhere', 'not-named']) {
    await page.goto(operation(api, 'GET /all'))
    const form = page.getByRole('region', { name: 'Try it' })
    await expect(form).toContainText('its operator has not listed that server for this API')
    await expect(form.getByRole('button')).toHaveCount(0)
    await expect(page.getByRole('region', { name: 'curl' })).toContainText('/v1/all')
    expect(await serious(page)).toEqual([])
  }
  const reached = await page.evaluate(
    (url) =>
      fetch(url, { credentials: 'omit' }).then(
        () => true,
        () => false,
      ),
    `${otherAt}/v1/all`,
  )
  expect(reached).toBe(false)
  expect(other.asked).toEqual([])
  expect(quiet.splice(0).join(' ')).toContain('Content Security Policy')
})

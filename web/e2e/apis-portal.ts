import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { startPortal } from './server.ts'
import { openapiCorpus } from './shared.ts'

const corpus = openapiCorpus()

/** Real definitions, one of each sort and the largest: the name of the API, its type, its file, and a word that it shows. */
export const real = [
  ['discord', 'openapi', 'discord__discord-api-spec/specs/openapi.json', 'operations'],
  ['petstore', 'openapi', 'readmeio__oas-examples/2.0/yaml/petstore.yaml', 'operations'],
  ['argo-cd', 'openapi', 'argoproj__argo-cd/assets/swagger.json', 'operations'],
  ['star-trek', 'openapi', 'readmeio__oas-examples/3.0/yaml/star-trek.yaml', 'operations'],
  ['digitalocean', 'openapi', 'digitalocean__openapi/specification/DigitalOcean-public.v2.yaml', 'operations'],
  ['tags', 'openapi', 'OAI__learn.openapis.org/examples/v3.2/3.2-tags-example.json', 'operations'],
  ['streetlights', 'asyncapi', 'asyncapi__spec/examples/streetlights-kafka-asyncapi.yml', 'operations'],
  ['github', 'graphql', 'octokit__graphql-schema/schema.graphql', 'operations'],
  ['swapi', 'graphql', 'graphql__swapi-graphql/schema.graphql', 'operations'],
  ['health', 'grpc', 'grpc__grpc-proto/grpc/health/v1/health.proto', 'calls'],
  ['memos', 'grpc', 'usememos__memos/proto/api/v1/memo_service.proto', 'calls'],
  ['app', 'openapi', 'digitalocean__openapi/specification/resources/apps/models/app.yml', 'part'],
] as const

export const hasCorpus = corpus !== undefined

const spiteful = `openapi: 3.0.0
info:
  title: '<script>window.wall=1</script>'
  version: '<img src=x onerror=window.wall=1>'
  description: '[x](javascript:window.wall=1) <iframe srcdoc="<script>parent.wall=1</script>"></iframe>'
  contact: { name: me, url: 'javascript:window.wall=1' }
tags: [{ name: '__proto__' }]
paths:
  /<svg onload="window.wall=1">:
    get:
      tags: ['__proto__']
      summary: '<a href="javascript:window.wall=1">x</a>'
      responses: { '200': { description: '</title><script>window.wall=1</script>' } }
`

/** Each its type and its definition; the last two cannot be read. */
const small: Record<string, [type: string, definition: string]> = {
  shop: [
    'openapi',
    `openapi: 3.1.0
info: { title: The shop, version: '2', description: 'Sells **ropes** and [charts](https://charts.example).' }
servers: [{ url: https://shop.example/v1 }]
tags: [{ name: Orders }]
paths:
  /orders:
    get: { tags: [Orders], summary: All orders, deprecated: true, responses: { '200': { description: They } } }
    post:
      tags: [Orders]
      summary: Order something
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Order' } } } }
      responses: { '201': { description: Ordered, content: { application/json: { schema: { $ref: '#/components/schemas/Order' } } } } }
components:
  schemas:
    Order:
      type: object
      required: [id]
      properties: { id: { type: string }, before: { $ref: '#/components/schemas/Order' } }
`,
  ],
  many: [
    'openapi',
    `openapi: 3.1.0
info: { title: Many things, version: '1', description: '${'A line that is longer than a phone is wide. '.repeat(4)}' }
paths:
${Array.from({ length: 40 }, (_, i) => `  /things/${String(i)}: { get: { tags: [${i < 20 ? 'Low' : 'High'}], summary: Thing ${String(i)}, responses: { '200': { description: It } } } }\n`).join('')}`,
  ],
  router: [
    'trpc',
    `export const appRouter = router({ crew: router({ list: publicProcedure.input(z.string()).query(() => []) }) })\n`,
  ],
  spiteful: ['openapi', spiteful],
  soap: ['wsdl', '<?xml version="1.0"?>\n<definitions name="Tides"/>\n'],
  broken: ['openapi', 'openapi: 3.0.0\ninfo: {title: x\npaths: {}\n'],
}

/** As many more as need several pages and groups. */
export const MANY = 400

export interface ApisPortal {
  url: string
  stop: () => Promise<void>
}

/** A portal that reads a folder of APIs with real, hostile and broken definitions, and components that call them. */
export async function startApisPortal(): Promise<ApisPortal> {
  const work = mkdtempSync(join(tmpdir(), 'portico-apis-'))
  const defs = join(work, 'defs')
  mkdirSync(defs)
  const docs: string[] = []
  const api = (name: string, type: string, file: string, lifecycle = 'production', owner = 'quay') =>
    docs.push(
      `apiVersion: backstage.io/v1alpha1\nkind: API\nmetadata: {name: ${name}, description: What ${name} offers.}\nspec:\n  type: ${type}\n  lifecycle: ${lifecycle}\n  owner: ${owner}\n  definition: {$text: ./defs/${file}}\n`,
    )
  if (corpus !== undefined) {
    for (const [name, type, from] of real) {
      const file = `${name}${extname(from)}`
      copyFileSync(join(corpus, from), join(defs, file))
      api(name, type, file)
    }
  }
  for (const [name, [type, text]] of Object.entries(small)) {
    writeFileSync(join(defs, `${name}.txt`), text)
    api(name, type, `${name}.txt`)
  }
  for (let i = 0; i < MANY; i++)
    api(`tide-${String(i).padStart(3, '0')}`, 'openapi', 'shop.txt', 'experimental', `crew-${String(i % 40)}`)
  api('old-needed', 'openapi', 'shop.txt', 'deprecated')
  api('old-unused', 'openapi', 'shop.txt', 'deprecated')
  for (const name of ['kiosk', 'till'])
    docs.push(
      `apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: ${name}}\nspec: {type: service, lifecycle: production, owner: quay, consumesApis: [old-needed], providesApis: [${name === 'till' ? 'shop' : 'soap'}]}\n`,
    )
  docs.push(
    'apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: {name: quay}\nspec: {type: team, children: []}\n',
  )
  writeFileSync(join(work, 'apis.yaml'), docs.join('---\n'))
  writeFileSync(
    join(work, 'app-config.yaml'),
    'auth:\n  providers:\n    guest: {}\ncatalog:\n  locations:\n    - type: file\n      target: ./apis.yaml\n      rules:\n        - allow: [API, Component, Group]\n',
  )
  const { url, stop } = await startPortal(work, 'apis')
  return {
    url,
    stop: async () => {
      await stop()
      rmSync(work, { recursive: true, force: true })
    },
  }
}

// Serves dist under the real content security policy and answers the API from fixtures. A development tool, not shipped.
//   node dev/mock-server.mjs [--port 7007] [--signed-out [--providers]] [--empty] [--slow 400] [--fail PATH] [--containers 260]
import { readFileSync, existsSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { randomBytes } from 'node:crypto'
import { extname } from 'node:path'
import { organisation } from './fixtures/organisation.mjs'
import * as operations from './fixtures/operations.mjs'

const flag = (name) => process.argv.includes(`--${name}`)
const option = (name, fallback) => (flag(name) ? process.argv[process.argv.indexOf(`--${name}`) + 1] : fallback)
const dist = new URL('../dist/', import.meta.url)
const types = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.html': 'text/html; charset=utf-8',
}

const org = flag('empty') ? { entities: [], byRef: new Map(), ref: () => '' } : organisation()
const state = {
  changes: flag('empty') ? [] : operations.changes(org.entities, org.ref),
  problems: flag('empty') ? { errors: [], conflicts: [], missing: [], removed: [] } : operations.problems(org.byRef),
  sources: flag('empty') ? [] : operations.sources([...org.byRef.keys()]),
}
for (let i = 1; i <= Number(option('containers', '0')); i++) {
  const name = `container-${String(i).padStart(3, '0')}`
  const entity = {
    apiVersion: 'marrowby.example/v1',
    kind: 'Container',
    metadata: { namespace: 'default', name, uid: name, annotations: {} },
    spec: { type: 'reefer', owner: 'freight' },
    relations: [{ type: 'ownedBy', targetRef: 'group:default/freight' }],
  }
  org.entities.push(entity)
  org.byRef.set(`container:default/${name}`, entity)
}
const revision = () => state.changes.length
const followers = new Set()

function change(ref, op, diff = null) {
  const row = {
    revision: revision() + 1,
    ref,
    uid: org.byRef.get(ref)?.metadata.uid ?? '',
    op,
    diff,
    source: 'file:/srv/marrowby',
    actor: 'user:default/guest',
    at: new Date().toISOString(),
  }
  state.changes.push(row)
  for (const res of followers) res.write(`id: ${row.revision}\nevent: change\ndata: ${JSON.stringify(row)}\n\n`)
}

function values(entity, path) {
  if (path.startsWith('relations.'))
    return entity.relations.filter((r) => r.type === path.slice(10)).map((r) => r.targetRef)
  let at = [entity]
  let rest = path
  while (rest && at.length) {
    const object = at[0]
    if (object === null || typeof object !== 'object') return []
    const key = Object.keys(object)
      .filter((k) => rest === k || rest.startsWith(k + '.'))
      .sort((a, b) => b.length - a.length)[0]
    if (key === undefined) return []
    at = [object[key]]
    rest = rest.slice(key.length + 1)
  }
  return at.flat().filter((v) => v !== undefined && v !== null)
}
const low = (v) => String(v).toLowerCase()

function matches(entity, q) {
  if (!q) return true
  return Object.entries(q).every(([key, want]) => {
    if (key === '$all') return want.every((w) => matches(entity, w))
    if (key === '$any') return want.some((w) => matches(entity, w))
    if (key === '$not') return !matches(entity, want)
    const have = values(entity, key).map(low)
    if (want === null || typeof want !== 'object') return have.includes(low(want))
    if ('$exists' in want) return have.length > 0 === want.$exists
    if ('$in' in want) return want.$in.some((w) => have.includes(low(w)))
    if ('$contains' in want) return have.includes(low(want.$contains))
    if ('$hasPrefix' in want) return have.some((h) => h.startsWith(low(want.$hasPrefix)))
    return false
  })
}

function select({ query, fullTextFilter }) {
  const term = low(fullTextFilter?.term ?? '').trim()
  const fields = fullTextFilter?.fields ?? ['metadata.name']
  return org.entities.filter(
    (e) => matches(e, query) && (!term || fields.some((f) => values(e, f).some((v) => low(v).includes(term)))),
  )
}

function queryEntities(body) {
  let items = select(body)
  const order = body.orderBy?.[0]
  const key = (e) => low(values(e, order?.field ?? 'metadata.name')[0] ?? '')
  if (order) items = items.filter((e) => values(e, order.field).length > 0)
  items = [...items].sort(
    (a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0) * (order?.order === 'desc' ? -1 : 1),
  )
  const offset = body.offset ?? 0
  return { items: items.slice(offset, offset + (body.limit ?? 200)), totalItems: items.length, pageInfo: {} }
}

function facets(body) {
  const chosen = select(body)
  const out = {}
  for (const facet of body.facets) {
    const counts = new Map()
    for (const e of chosen)
      for (const v of new Set(values(e, facet).map(String))) counts.set(v, (counts.get(v) ?? 0) + 1)
    out[facet] = [...counts].map(([value, count]) => ({ value, count })).sort((a, b) => (a.value < b.value ? -1 : 1))
  }
  return { facets: out }
}

function yamlOf(value, indent = '') {
  if (Array.isArray(value))
    return value
      .map((v) => `${indent}- ${typeof v === 'object' ? yamlOf(v, indent + '  ').trimStart() : scalar(v)}`)
      .join('\n')
  return Object.entries(value)
    .map(([k, v]) => {
      if (v === null || typeof v !== 'object')
        return typeof v === 'string' && v.includes('\n')
          ? `${indent}${k}: |\n${v
              .trimEnd()
              .split('\n')
              .map((l) => `${indent}  ${l}`)
              .join('\n')}`
          : `${indent}${k}: ${scalar(v)}`
      return Object.keys(v).length === 0
        ? `${indent}${k}: ${Array.isArray(v) ? '[]' : '{}'}`
        : `${indent}${k}:\n${yamlOf(v, indent + '  ')}`
    })
    .join('\n')
}
const scalar = (v) => (typeof v === 'string' && /[:#]/.test(v) ? JSON.stringify(v) : String(v))

function sourceOf(entity) {
  const { annotations, ...metadata } = entity.metadata
  delete metadata.uid
  delete metadata.etag
  const mine = Object.fromEntries(Object.entries(annotations).filter(([k]) => !k.startsWith('backstage.io/managed-by')))
  const document = {
    apiVersion: entity.apiVersion,
    kind: entity.kind,
    metadata: { ...metadata, ...(Object.keys(mine).length ? { annotations: mine } : {}) },
    spec: entity.spec,
  }
  const location = annotations['backstage.io/managed-by-location']
  const problems = state.problems.errors.filter((p) => p.ref === org.ref(entity))
  const text = `# Declared by the team that runs it.\n${yamlOf(document)}\n`
  return {
    location,
    file: location.slice(5),
    line: 1,
    endLine: text.split('\n').length,
    text,
    readAt: new Date(Date.now() - 120_000).toISOString(),
    revision: 'sha256:5f1c0d',
    problems,
    viewUrl:
      entity.kind === 'Component'
        ? `https://code.marrowby.example/marrowby/${entity.metadata.name}/catalog-info.yaml`
        : undefined,
  }
}

function declare({ name, description }) {
  const ref = `component:default/${name}`
  const known = org.byRef.get(ref)
  if (known) {
    known.metadata.description = description
    return change(ref, 'updated', [{ path: 'metadata.description', to: description }])
  }
  const entity = {
    apiVersion: 'backstage.io/v1alpha1',
    kind: 'Component',
    metadata: {
      namespace: 'default',
      name,
      uid: name,
      description,
      annotations: { 'backstage.io/managed-by-location': `file:/srv/${name}.yaml` },
    },
    spec: { type: 'service', lifecycle: 'production', owner: 'payments' },
    relations: [{ type: 'ownedBy', targetRef: 'group:default/payments' }],
  }
  org.entities.push(entity)
  org.byRef.set(ref, entity)
  return change(ref, 'created')
}

function withdraw({ name }) {
  const ref = `component:default/${name}`
  const entity = org.byRef.get(ref)
  entity.status = { items: [{ type: 'portico.dev/missing', level: 'warning', message: 'its file is gone' }] }
  const now = Date.now()
  const at = (ms) => new Date(ms).toISOString()
  const row = { ref, uid: entity.metadata.uid, location: `file:/srv/${name}.yaml`, reason: 'its file is gone' }
  state.problems.missing.push({ ...row, since: at(now), removeAt: at(now + 864e5) })
  return change(ref, 'missing')
}

class Refusal extends Error {
  constructor(status, name, message, remedy) {
    super(message)
    Object.assign(this, { status, name, remedy })
  }
}

const session = () =>
  flag('signed-out')
    ? {
        signedIn: false,
        signIn: {
          providers: flag('providers')
            ? [
                { id: 'okta', title: 'Okta' },
                { id: 'github', title: 'GitHub' },
              ]
            : [],
        },
        portal: { title: 'Portico', organization: 'Marrowby' },
        version: '0.1.0',
      }
    : {
        signedIn: true,
        principal: { type: 'guest', ref: 'user:default/guest', displayName: 'Guest' },
        guest: true,
        trial: false,
        sampleData: true,
        permissions: [
          'catalog.entity.read',
          'catalog.entity.refresh',
          'catalog.entity.delete',
          'catalog.location.read',
          'catalog.ingestion.read',
          'catalog.ingestion.manage',
        ],
        portal: { title: 'Portico', organization: 'Marrowby' },
        version: '0.1.0',
        revision: revision(),
      }

function route(method, url, body) {
  const path = url.pathname
  const named = /^\/api\/catalog\/entities\/by-name\/([^/]+)\/([^/]+)\/([^/]+)(?:\/(history|source))?$/.exec(path)
  if (named) {
    const [, kind, namespace, name, part] = named.map((s) => s && decodeURIComponent(s))
    const ref = `${kind}:${namespace}/${name}`.toLowerCase()
    const entity = org.byRef.get(ref)
    if (part === 'history') {
      const before = Number(url.searchParams.get('before') ?? Infinity)
      return { items: state.changes.filter((c) => c.ref === ref && c.revision < before).reverse(), next: null }
    }
    if (!entity)
      throw new Refusal(
        404,
        'NotFoundError',
        `No entity named '${name}' found, with kind '${kind}' in namespace '${namespace}'`,
      )
    return part === 'source' ? sourceOf(entity) : entity
  }
  const uidOp = /^\/api\/catalog\/entities\/by-uid\/([^/]+)\/(restore|remove)$/.exec(path)
  if (uidOp && method === 'POST') {
    const [, uid, op] = uidOp
    if (op === 'restore') {
      const row = state.problems.removed.find((r) => r.uid === uid)
      if (!row) throw new Refusal(404, 'NotFoundError', `no removed entity has the uid ${uid}`)
      state.problems.removed = state.problems.removed.filter((r) => r !== row)
      change(row.ref, 'restored')
      return {}
    }
    const row = state.problems.missing.find((r) => r.uid === uid)
    if (!row) throw new Refusal(404, 'NotFoundError', `no missing entity has the uid ${uid}`)
    state.problems.missing = state.problems.missing.filter((r) => r !== row)
    state.problems.removed.push({
      ref: row.ref,
      uid,
      location: row.location,
      removedAt: new Date().toISOString(),
      restorableUntil: new Date(Date.now() + 30 * 864e5).toISOString(),
      actor: 'user:default/guest',
    })
    change(row.ref, 'removed')
    return undefined
  }
  const sourceOp = /^\/api\/catalog\/sources\/([^/]+)\/(refresh|held)$/.exec(path)
  if (sourceOp && method === 'POST') {
    const found = state.sources.find((s) => s.id === sourceOp[1])
    if (!found) throw new Refusal(404, 'NotFoundError', `no source has the id ${sourceOp[1]}`)
    if (sourceOp[2] === 'held') Object.assign(found, { held: null, state: 'current', message: '' })
    found.lastSuccessAt = found.lastAttemptAt = new Date().toISOString()
    return {}
  }
  switch (`${method} ${path}`) {
    case 'GET /api/portico/session':
      return session()
    case 'POST /api/catalog/entities/by-query':
      return queryEntities(body)
    case 'POST /api/catalog/entity-facets':
      return facets(body)
    case 'POST /api/catalog/entities/by-refs':
      return { items: body.entityRefs.map((r) => org.byRef.get(low(r)) ?? null) }
    case 'GET /api/catalog/changes': {
      const after = Number(url.searchParams.get('after') ?? 0)
      return {
        items: state.changes.filter((c) => c.revision > after).slice(0, Number(url.searchParams.get('limit') ?? 100)),
        revision: revision(),
        next: revision(),
      }
    }
    case 'GET /api/catalog/sources':
      return { items: state.sources }
    case 'GET /api/catalog/problems':
      return state.problems
    case 'POST /api/catalog/refresh':
      return undefined
    // Not of the API: what a file on disk does to the real portal.
    case 'POST /api/mock/component':
      return declare(body)
    case 'POST /api/mock/withdraw':
      return withdraw(body)
    default:
      throw new Refusal(404, 'NotFoundError', `no route for ${method} ${path}`)
  }
}

function servePage(res, url) {
  const file = new URL('.' + url.pathname, dist)
  if (url.pathname !== '/' && extname(url.pathname) && existsSync(file) && statSync(file).isFile()) {
    res.writeHead(200, {
      'Content-Type': types[extname(url.pathname)] ?? 'application/octet-stream',
      'Cache-Control': url.pathname.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    })
    return res.end(readFileSync(file))
  }
  if (extname(url.pathname) && !url.pathname.startsWith('/catalog/')) return res.writeHead(404).end()
  const nonce = randomBytes(16).toString('base64')
  res.writeHead(200, {
    'Content-Type': types['.html'],
    'Cache-Control': 'no-store',
    'Content-Security-Policy': `default-src 'none'; script-src 'self'; style-src 'self' 'nonce-${nonce}'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'`,
  })
  res.end(readFileSync(new URL('index.html', dist), 'utf8').replaceAll('__PORTICO_NONCE__', nonce))
}

const server = createServer(async (req, res) => {
  const url = new URL(req.url, 'http://localhost')
  if (url.pathname === '/.backstage/health/v1/readiness')
    return res.writeHead(200, { 'Content-Type': 'application/json' }).end('{"status":"ok"}')
  if (!url.pathname.startsWith('/api/')) return servePage(res, url)
  if (url.pathname === '/api/catalog/changes' && (req.headers.accept ?? '').includes('text/event-stream')) {
    res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
    res.write(': hello\n\n')
    followers.add(res)
    const beat = setInterval(() => res.write(': beat\n\n'), 15_000)
    return req.on('close', () => {
      clearInterval(beat)
      followers.delete(res)
    })
  }
  let raw = ''
  for await (const chunk of req) raw += chunk
  if (option('slow')) await new Promise((r) => setTimeout(r, Number(option('slow'))))
  try {
    if (option('fail') && url.pathname.includes(option('fail')))
      throw new Refusal(503, 'ServiceUnavailableError', 'the catalog answered too slowly', 'Try again in a minute.')
    const answer = route(req.method, url, raw ? JSON.parse(raw) : undefined)
    const status = answer === undefined ? 204 : 200
    res.writeHead(status, {
      'Content-Type': 'application/json',
      ...(req.method === 'POST' ? { 'Portico-Revision': String(revision()) } : {}),
    })
    res.end(answer === undefined ? undefined : JSON.stringify(answer))
  } catch (cause) {
    const status = cause.status ?? 500
    res.writeHead(status, { 'Content-Type': 'application/json' })
    res.end(
      JSON.stringify({
        error: { name: cause.name, message: cause.message, id: '51B0-7E21', remedy: cause.remedy },
        request: { method: req.method, url: req.url },
        response: { statusCode: status },
      }),
    )
  }
})
server.listen(Number(option('port', '7007')), '127.0.0.1', () =>
  console.log(`mock portal at http://127.0.0.1:${server.address().port}`),
)

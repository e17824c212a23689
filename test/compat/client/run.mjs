// Calls every method of Backstage's catalog client against a portal that shows the sample organisation.
//
//   node run.mjs BASE_URL TOKEN DESCRIPTOR_URL REPOSITORY_URL
//
// The portal must be allowed to read the last two: a descriptor that declares one component, and a repository without
// any descriptor. Prints "N passed, N failed" and exits 1 when a call did not do what its documentation says.
import assert from 'node:assert/strict'
import { CatalogClient, CATALOG_FILTER_EXISTS } from '@backstage/catalog-client'
import { check, report } from '../check.mjs'

const [base, token, descriptor, repository] = process.argv.slice(2)
const called = new Set()
const client = new Proxy(new CatalogClient({ discoveryApi: { getBaseUrl: async plugin => `${base}/api/${plugin}` } }), {
  get(target, name) {
    if (typeof target[name] !== 'function') return target[name]
    called.add(name)
    return target[name].bind(target)
  },
})
const options = { token }
const refOf = e => `${e.kind}:${e.metadata.namespace}/${e.metadata.name}`.toLowerCase()

await check('getEntities', async () => {
  const { items } = await client.getEntities({ filter: { kind: 'Component' } }, options)
  assert.ok(items.length >= 30)
  assert.ok(items.every(e => e.kind === 'Component' && e.metadata.uid && e.metadata.etag))
})
await check('getEntities: fields, order, offset, limit', async () => {
  const all = await client.getEntities({ filter: { kind: 'component' }, fields: ['kind', 'metadata.name'], order: { field: 'metadata.name', order: 'desc' } }, options)
  const names = all.items.map(e => e.metadata.name)
  assert.deepEqual(names, [...names].sort().reverse())
  assert.deepEqual(Object.keys(all.items[0]).sort(), ['kind', 'metadata'])
  assert.deepEqual(Object.keys(all.items[0].metadata), ['name'])
  const page = await client.getEntities({ filter: { kind: 'component' }, order: { field: 'metadata.name', order: 'desc' }, offset: 2, limit: 3 }, options)
  assert.deepEqual(page.items.map(e => e.metadata.name), names.slice(2, 5))
})
await check('getEntities: any of several filters, and exists', async () => {
  const { items } = await client.getEntities({ filter: [{ kind: 'api', 'spec.type': ['grpc', 'graphql'] }, { kind: 'user', 'spec.profile.email': CATALOG_FILTER_EXISTS }] }, options)
  assert.ok(items.some(e => e.spec.type === 'graphql') && items.some(e => e.kind === 'User'))
  assert.ok(items.every(e => e.kind === 'User' || ['grpc', 'graphql'].includes(e.spec.type)))
})
await check('getEntitiesByRefs', async () => {
  const { items } = await client.getEntitiesByRefs({ entityRefs: ['component:default/payments-api', 'component:default/no-such', 'Component:Default/Payments-API'] }, options)
  assert.equal(items.length, 3)
  assert.equal(refOf(items[0]), 'component:default/payments-api')
  assert.equal(items[1], undefined)
  assert.equal(items[2].metadata.uid, items[0].metadata.uid)
})
await check('getEntitiesByRefs: a predicate, and more than one request', async () => {
  const refs = Array.from({ length: 1200 }, (_, i) => `component:default/no-such-${i}`)
  refs[1100] = 'component:default/payments-api'
  const { items } = await client.getEntitiesByRefs({ entityRefs: refs, query: { kind: 'component' }, filter: { 'spec.type': 'service' } }, options)
  assert.equal(items.length, 1200)
  assert.deepEqual(items.flatMap((e, i) => (e ? [i] : [])), [1100])
})
await check('getEntitiesByRefs: filter and fields', async () => {
  const { items } = await client.getEntitiesByRefs({ entityRefs: ['component:default/payments-api', 'api:default/payments.v2'], filter: { kind: 'api' }, fields: ['metadata.name'] }, options)
  assert.equal(items[0], undefined)
  assert.deepEqual(items[1], { metadata: { name: 'payments.v2' } })
})
await check('queryEntities: pages forwards and back', async () => {
  const first = await client.queryEntities({ filter: { kind: 'component' }, orderFields: { field: 'metadata.name', order: 'asc' }, limit: 7 }, options)
  assert.equal(first.items.length, 7)
  assert.ok(first.totalItems >= 30 && first.pageInfo.nextCursor && !first.pageInfo.prevCursor)
  const seen = first.items.map(refOf)
  let page = first
  while (page.pageInfo.nextCursor) {
    page = await client.queryEntities({ cursor: page.pageInfo.nextCursor, limit: 7 }, options)
    seen.push(...page.items.map(refOf))
  }
  assert.equal(seen.length, first.totalItems)
  assert.equal(new Set(seen).size, seen.length)
  const back = await client.queryEntities({ cursor: page.pageInfo.prevCursor, limit: 7 }, options)
  assert.ok(back.items.length === 7)
})
await check('queryEntities: full text, and counting only', async () => {
  const found = await client.queryEntities({ fullTextFilter: { term: 'PAYMENTS', fields: ['metadata.name', 'metadata.title'] }, orderFields: { field: 'metadata.name', order: 'asc' } }, options)
  assert.ok(found.items.length > 2 && found.items.every(e => `${e.metadata.name} ${e.metadata.title ?? ''}`.toLowerCase().includes('payments')))
  const count = await client.queryEntities({ filter: { kind: 'component' }, limit: 0 }, options)
  assert.equal(count.items.length, 0)
  assert.ok(count.totalItems >= 30)
})
await check('queryEntities: predicate', async () => {
  const query = { $all: [{ kind: 'Component' }, { $not: { 'spec.lifecycle': 'production' } }, { 'spec.type': { $in: ['service', 'library'] } }] }
  const found = await client.queryEntities({ query, limit: 3 }, options)
  assert.ok(found.totalItems > 0)
  assert.ok(found.items.every(e => e.kind === 'Component' && e.spec.lifecycle !== 'production'))
  if (found.pageInfo.nextCursor) await client.queryEntities({ cursor: found.pageInfo.nextCursor }, options)
  const owned = await client.queryEntities({ query: { relations: { $contains: { type: 'ownedBy', targetRef: 'group:default/payments' } } } }, options)
  assert.ok(owned.items.length > 0)
})
await check('streamEntities', async () => {
  let n = 0
  for await (const page of client.streamEntities({ filter: { kind: 'component' } }, options)) n += page.length
  const { totalItems } = await client.queryEntities({ filter: { kind: 'component' }, limit: 0 }, options)
  assert.equal(n, totalItems)
})
await check('getEntityByRef', async () => {
  const e = await client.getEntityByRef('component:payments-api', options)
  assert.equal(e.metadata.name, 'payments-api')
  assert.ok(e.relations.some(r => r.type === 'ownedBy' && r.targetRef === 'group:default/payments'))
  assert.equal(await client.getEntityByRef({ kind: 'component', namespace: 'default', name: 'nothing' }, options), undefined)
})
await check('getEntityAncestors', async () => {
  const a = await client.getEntityAncestors({ entityRef: 'component:default/payments-api' }, options)
  assert.equal(a.rootEntityRef, 'component:default/payments-api')
  assert.ok(a.items.some(i => i.entity.kind === 'Location') && a.items[0].parentEntityRefs.length >= 1)
})
await check('getEntityFacets', async () => {
  const { facets } = await client.getEntityFacets({ facets: ['kind', 'spec.type', 'metadata.nothing'], filter: { kind: ['component', 'api'] } }, options)
  assert.deepEqual(facets.kind.map(f => f.value).sort(), ['API', 'Component'])
  assert.deepEqual(facets['metadata.nothing'], [])
  const p = await client.getEntityFacets({ facets: ['spec.lifecycle'], query: { kind: 'component' } }, options)
  assert.ok(p.facets['spec.lifecycle'].find(f => f.value === 'production').count > 10)
})
await check('refreshEntity', async () => {
  await client.refreshEntity('component:default/payments-api', options)
})
await check('validateEntity', async () => {
  const entity = { apiVersion: 'backstage.io/v1alpha1', kind: 'Component', metadata: { name: 'x' }, spec: { type: 'a', lifecycle: 'b', owner: 'c' } }
  assert.deepEqual(await client.validateEntity(entity, 'url:http://example.com/x.yaml', options), { valid: true })
  const bad = await client.validateEntity({ ...entity, metadata: { name: '-' } }, 'url:http://example.com/x.yaml', options)
  assert.equal(bad.valid, false)
  assert.ok(bad.errors.length === 1 && bad.errors[0].message.includes('name'))
})

const target = `https://git.invalid/acme/shop/blob/main/catalog-info.yaml`
let location
await check('addLocation', async () => {
  const r = await client.addLocation({ type: 'url', target }, options)
  location = r.location
  assert.equal(location.target, target)
  assert.deepEqual(r.entities, [])
  await assert.rejects(client.addLocation({ type: 'url', target }, options), /409/)
})
await check('addLocation: a dry run shows what would be there, and leaves nothing', async () => {
  const before = (await client.getLocations({}, options)).items.length
  const r = await client.addLocation({ type: 'url', target: descriptor, dryRun: true }, options)
  assert.equal(r.exists, false)
  assert.equal(r.entities.filter(e => e.kind === 'Component').length, 1)
  assert.equal((await client.getLocations({}, options)).items.length, before)
  const again = await client.addLocation({ type: 'url', target, onConflict: 'refresh' }, options)
  assert.ok(again.exists && again.location.id === location.id)
})
await check('addLocation: refused with a reason', async () => {
  await assert.rejects(client.addLocation({ type: 'bucket', target: 'shop/catalog-info.yaml' }, options), /400/)
  await assert.rejects(client.addLocation({ type: 'file', target: '/etc/passwd' }, options), /403/)
})
await check('getLocationById, getLocationByRef, getLocations, queryLocations, streamLocations', async () => {
  assert.deepEqual(await client.getLocationById(location.id, options), location)
  assert.equal((await client.getLocationByRef(`url:${target}`, options)).id, location.id)
  assert.ok((await client.getLocations({}, options)).items.some(l => l.id === location.id))
  const q = await client.queryLocations({ query: { type: 'url' }, limit: 1 }, options)
  assert.equal(q.items[0].id, location.id)
  const more = []
  for (const i of [1, 2, 3]) more.push((await client.addLocation({ type: 'url', target: `${target}?n=${i}` }, options)).location.id)
  let pages = 0
  const seen = []
  for await (const page of client.streamLocations({ limit: 2 }, options)) {
    assert.ok(page.length <= 2)
    pages++
    seen.push(...page.map(l => l.id))
  }
  assert.equal(pages, 2)
  assert.deepEqual(seen.sort(), [location.id, ...more].sort())
  for (const id of more) await client.removeLocationById(id, options)
})
await check('updateLocation', async () => {
  const moved = await client.updateLocation(location.id, { type: 'url', target: `${target}?v=2` }, options)
  assert.equal(moved.target, `${target}?v=2`)
})
await check('getLocationByEntity', async () => {
  const l = await client.getLocationByEntity('component:default/payments-api', options)
  assert.equal(l.type, 'file')
  assert.deepEqual(await client.getLocationById(l.id, options), l)
  assert.equal(await client.getLocationByEntity('component:default/no-such', options), undefined)
})
await check('removeLocationById', async () => {
  await client.removeLocationById(location.id, options)
  assert.equal(await client.getLocationById(location.id, options), undefined)
})
await check('analyzeLocation', async () => {
  const found = await client.analyzeLocation({ location: { type: 'url', target: descriptor } }, options)
  assert.equal(found.existingEntityFiles.length, 1)
  assert.equal(found.existingEntityFiles[0].isRegistered, false)
  assert.deepEqual(found.generateEntities, [])
  const guessed = await client.analyzeLocation({ location: { type: 'url', target: repository }, catalogFilename: 'catalog-info.yaml' }, options)
  assert.deepEqual(guessed.existingEntityFiles, [])
  assert.equal(guessed.generateEntities[0].entity.kind, 'Component')
  assert.ok(guessed.generateEntities[0].fields.every(f => f.field && f.state && f.description))
})
await check('analyzeLocation: refused with a reason', async () => {
  await assert.rejects(client.analyzeLocation({ location: { type: 'url', target: 'https://127.0.0.1/acme/shop' } }, options), /40[03]|503/)
})
await check('removeEntityByUid', async () => {
  const e = await client.getEntityByRef('component:default/sms-bridge', options)
  await client.removeEntityByUid(e.metadata.uid, options)
  assert.equal(await client.getEntityByRef('component:default/sms-bridge', options), undefined)
})
await check('errors are ResponseErrors', async () => {
  await assert.rejects(client.queryEntities({ cursor: 'not a cursor' }, options), e => e.name === 'ResponseError' && e.body.error.name === 'InputError')
  await assert.rejects(client.getEntities({}, { token: 'wrong-token' }), e => e.response.status === 401)
})

await check('every method of the client was called', async () => {
  await client.getEntityByName({ kind: 'component', name: 'payments-api' }, options)
  // What the class holds beside the API.
  const own = ['constructor', 'queryEntitiesByPredicate', 'getEntityFacetsByPredicate', 'requestIgnored', 'requestRequired', 'requestOptional', 'getFilterValue']
  assert.deepEqual(Object.getOwnPropertyNames(CatalogClient.prototype).filter(m => !own.includes(m) && !called.has(m)), [])
})

report()
process.exit()

// Drives the storage that Backstage's pages keep their settings in, its fetch middleware before it, against a portal.
//
//   node run.mjs BASE_URL PROXY_SECRET
//
// The portal must let guests in, and ana and ben by a proxy with that secret. Prints "N passed, N failed" and exits 1 when a
// check did not hold.
//
// The storage comes from a package whose pages need hundreds of others, none of which it needs itself: package.json puts
// something small in their place, and the parts of core-app-api that it does need are taken from their own files.
import assert from 'node:assert/strict'
import { register } from 'node:module'
import { check, report } from '../check.mjs'

const part = path => new URL(`node_modules/@backstage/${path}.esm.js`, import.meta.url).href
const api = name => part(`core-app-api/dist/apis/implementations/${name}`)
register(
  `data:text/javascript,${encodeURIComponent(`
    export const resolve = (name, context, next) =>
      name === '@backstage/core-app-api' ? { url: ${JSON.stringify(api('StorageApi/WebStorage'))}, shortCircuit: true } : next(name, context)
  `)}`,
)
const { UserSettingsStorage } = await import(part('plugin-user-settings/dist/apis/StorageApi/UserSettingsStorage'))
const { UrlPatternDiscovery } = await import(api('DiscoveryApi/UrlPatternDiscovery'))
const { createFetchApi } = await import(api('FetchApi/createFetchApi'))
const { FetchMiddlewares } = await import(api('FetchApi/FetchMiddlewares'))

const [base, secret] = process.argv.slice(2)

// What WebStorage, to which people who are not signed in fall back, finds in a browser.
const kept = new Map()
globalThis.localStorage = {
  getItem: key => kept.get(key) ?? null,
  setItem: (key, value) => void kept.set(key, value),
  removeItem: key => void kept.delete(key),
}

const page = { 'X-Requested-With': 'XMLHttpRequest', 'Sec-Fetch-Site': 'same-origin' }

/** The token that a front end has of somebody whom the proxy lets in, or of the guest. */
async function tokenOf(name) {
  const by = name ? { 'X-Forwarded-User': name, 'X-Portico-Proxy-Secret': secret } : {}
  let cookie = ''
  if (name)
    // The way of a browser: the portal begins a sign-in, and what comes back from the proxy ends it.
    for (let to = '/api/auth/proxy/start?redirectUrl=/'; to?.startsWith('/api/auth/');) {
      const r = await fetch(base + to, { headers: { ...by, cookie }, redirect: 'manual' })
      cookie = r.headers.getSetCookie().map(c => c.split(';')[0]).join('; ')
      to = r.headers.get('location')
    }
  const r = await fetch(`${base}/api/auth/${name ? 'proxy' : 'guest'}/refresh?optional&env=development`, { headers: { ...page, ...by, cookie } })
  assert.equal(r.status, 200, `${name || 'the guest'} is let in`)
  return (await r.json()).backstageIdentity.token
}

const asked = []
const faults = []
/** A front end as it is put together for somebody, and what its storage asks of the portal. */
function frontEnd(token) {
  const discoveryApi = UrlPatternDiscovery.compile(`${base}/api/{{ pluginId }}`)
  const identityApi = { getCredentials: async () => ({ token }) }
  const fetchApi = createFetchApi({
    baseImplementation: async (input, init) => {
      const request = new Request(input, init)
      const response = await fetch(request)
      asked.push(`${request.method} ${new URL(request.url).pathname} ${response.status}`)
      return response
    },
    middleware: [FetchMiddlewares.resolvePluginProtocol({ discoveryApi }), FetchMiddlewares.injectIdentityAuth({ identityApi, urlPrefixAllowlist: [base] })],
  })
  return UserSettingsStorage.create({ discoveryApi, identityApi, fetchApi, errorApi: { post: error => faults.push(error.message) } })
}

/** What the storage tells of a key first. It keeps what it heard for two seconds; a new one knows nothing yet. */
const told = (storage, key) =>
  new Promise((done, refused) => {
    const wait = setTimeout(() => refused(new Error(`nothing is told of ${key}`)), 5000)
    const subscription = storage.observe$(key).subscribe(snapshot => {
      clearTimeout(wait)
      setTimeout(() => subscription.unsubscribe())
      done(snapshot)
    })
  })
/** Buckets are kept by name for as long as a page is open: one of another page is made as forBucket makes it. */
const bucketOf = (storage, name) => {
  const { fetchApi, discoveryApi, errorApi, identityApi, fallback, signalApi } = storage
  return new UserSettingsStorage(`${storage.namespace}.${name}`, fetchApi, discoveryApi, errorApi, identityApi, fallback, signalApi)
}

const [ana, ben, guest] = await Promise.all(['ana', 'ben', ''].map(tokenOf))
const stars = ['component:default/web', 'api:default/größe/%41 +?&#']

await check('what was never set is absent, and no fault', async () => {
  assert.deepEqual(await told(frontEnd(ana), 'theme'), { key: 'theme', presence: 'absent' })
  assert.deepEqual(faults, [])
})
await check('a value is set, told of at once, and there for another browser', async () => {
  const bucket = frontEnd(ana).forBucket('starredEntities')
  const changes = []
  const subscription = bucket.observe$('entityRefs').subscribe(snapshot => changes.push(snapshot))
  await bucket.set('entityRefs', stars)
  assert.deepEqual(changes.at(-1), { key: 'entityRefs', presence: 'present', value: stars })
  subscription.unsubscribe()
  assert.deepEqual(await told(bucketOf(frontEnd(ana), 'starredEntities'), 'entityRefs'), { key: 'entityRefs', presence: 'present', value: stars })
})
await check('what is told cannot be changed in place', async () => {
  const { value } = await told(bucketOf(frontEnd(ana), 'starredEntities'), 'entityRefs')
  assert.ok(Object.isFrozen(value))
})
await check('it is where a page of Backstage would look for it', async () => {
  const r = await fetch(`${base}/api/user-settings/buckets/default.starredEntities/keys/entityRefs`, { headers: { Authorization: `Bearer ${ana}` } })
  assert.deepEqual(await r.json(), { bucket: 'default.starredEntities', key: 'entityRefs', value: stars })
})
await check('every sort of value comes back as it went', async () => {
  const storage = frontEnd(ana)
  for (const value of [null, false, 0, '', 'text', 1.5, [], {}, { a: [{ b: '<script> \u2028 \ud83d\ude80' }] }, '{"version":1,"pages":{"default":[]}}']) {
    await storage.set('any', value)
    assert.deepEqual(await told(frontEnd(ana), 'any'), { key: 'any', presence: 'present', value })
  }
})
await check('keys and buckets with signs in them are apart', async () => {
  // One of the first is what the home page keeps of visits.
  const keys = ['@backstage/plugin-home:visits:user:default/ana', 'a/b', 'a%2Fb', 'a b', 'a+b', 'ä', '?', '#', 'a\\b']
  for (const key of keys) await frontEnd(ana).set(key, key)
  for (const key of keys) assert.equal((await told(frontEnd(ana), key)).value, key)
  const deep = frontEnd(ana).forBucket('a/b').forBucket('c d')
  await deep.set('entityRefs', 'deep')
  assert.equal((await told(bucketOf(frontEnd(ana), 'a/b.c d'), 'entityRefs')).value, 'deep')
})
await check('many at once are one request', async () => {
  const storage = frontEnd(ana)
  for (let i = 0; i < 3; i++) await storage.set(`many-${i}`, i)
  const other = frontEnd(ana)
  const before = asked.length
  const got = await Promise.all(Array.from({ length: 30 }, (_, i) => told(other, `many-${i}`)))
  assert.deepEqual(got.slice(0, 4).map(s => s.value), [0, 1, 2, undefined])
  assert.deepEqual(asked.slice(before), ['POST /api/user-settings/multiget 200'])
})
await check('a value is removed, and removing it again is no fault', async () => {
  const storage = frontEnd(ana)
  await storage.set('gone', 1)
  await storage.remove('gone')
  await storage.remove('gone')
  assert.deepEqual(await told(frontEnd(ana), 'gone'), { key: 'gone', presence: 'absent' })
})
await check('a value past the bounds is refused with the name and the words of a fault', async () => {
  await assert.rejects(frontEnd(ana).set('big', 'x'.repeat(70_000)), e => e.name === 'ResponseError' && e.response.status === 413 && e.body.error.message.length > 0)
})
await check('somebody else has none of it', async () => {
  assert.deepEqual(await told(bucketOf(frontEnd(ben), 'starredEntities'), 'entityRefs'), { key: 'entityRefs', presence: 'absent' })
})
await check('nothing of this was a fault to the page', () => assert.deepEqual(faults, []))
await check('who is not signed in keeps theirs in the browser', async () => {
  const before = asked.length
  const storage = frontEnd(undefined)
  await storage.set('theme', 'dark')
  assert.deepEqual(await told(frontEnd(undefined), 'theme'), { key: 'theme', presence: 'present', value: 'dark' })
  assert.equal(asked.length, before)
})
await check('a guest has a token and no settings: the page goes on without them, and is told why', async () => {
  assert.deepEqual(await told(frontEnd(guest), 'theme'), { key: 'theme', presence: 'absent' })
  assert.deepEqual(faults.splice(0), ['Failed to fetch user settings, ResponseError: Request failed with 403 Forbidden'])
  await assert.rejects(frontEnd(guest).set('theme', 'dark'), e => e.name === 'ResponseError' && e.body.error.name === 'NotAllowedError' && /people who signed in/.test(e.body.error.message))
})
await check('what is not known yet is said to be unknown', () => assert.equal(frontEnd(ana).snapshot('theme').presence, 'unknown'))

report()

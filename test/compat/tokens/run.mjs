// Verifies tokens of a portal with what Backstage's plugins verify them with.
//
//   node run.mjs BASE_URL
//
// The portal must let a guest in. Prints "N passed, N failed" and exits 1 when a check did not hold.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { base64url, createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { check, report } from '../check.mjs'

const { DefaultIdentityClient, tokenTypes } = createRequire(import.meta.url)('@backstage/plugin-auth-node')

const [base] = process.argv.slice(2)
const auth = `${base}/api/auth`
const discovery = { getBaseUrl: async plugin => `${base}/api/${plugin}` }

const response = await fetch(`${auth}/guest/refresh?optional&env=development`, {
  headers: { 'X-Requested-With': 'XMLHttpRequest', 'Sec-Fetch-Site': 'same-origin' },
})
assert.equal(response.status, 200)
const { backstageIdentity, profile, providerInfo } = await response.json()
const { token } = backstageIdentity
const get = async (path, bearer) => {
  const r = await fetch(`${base}${path}`, { headers: bearer ? { Authorization: `Bearer ${bearer}` } : {} })
  return { status: r.status, body: await r.json() }
}

// As the handler of users' tokens in backend-defaults does: the options by kind, one key set, and the same checks.
const keys = createRemoteJWKSet(new URL(`${auth}/.well-known/jwks.json`))
const verify = (text, { typParam: typ }) => jwtVerify(text, keys, { requiredClaims: ['iat', 'exp', 'sub'], typ })

// As it makes a limited token of a user's.
function limit(text) {
  const [head, body] = text.split('.').slice(0, 2).map(part => JSON.parse(new TextDecoder().decode(base64url.decode(part))))
  assert.equal(head.typ, tokenTypes.user.typParam)
  return [
    base64url.encode(JSON.stringify({ typ: tokenTypes.limitedUser.typParam, alg: head.alg, kid: head.kid })),
    base64url.encode(JSON.stringify({ sub: body.sub, iat: body.iat, exp: body.exp })),
    body.uip,
  ].join('.')
}

await check('the answer has what the front end reads', async () => {
  assert.deepEqual(profile, {})
  assert.deepEqual(providerInfo, {})
  assert.deepEqual(backstageIdentity.identity, {
    type: 'user',
    userEntityRef: 'user:development/guest',
    ownershipEntityRefs: ['user:development/guest'],
  })
  assert.ok(backstageIdentity.expiresInSeconds > 3500 && backstageIdentity.expiresInSeconds <= 3600)
})
await check('a user token verifies as backend-defaults does it', async () => {
  const { payload, protectedHeader } = await verify(token, tokenTypes.user)
  assert.equal(payload.sub, 'user:development/guest')
  assert.equal(protectedHeader.alg, 'ES256')
})
await check('and with every claim looked at', async () => {
  await jwtVerify(token, keys, { algorithms: ['ES256'], issuer: auth, audience: tokenTypes.user.audClaim, typ: tokenTypes.user.typParam, maxTokenAge: '2h' })
})
await check('the identity client of plugin-auth-node knows the user', async () => {
  const client = DefaultIdentityClient.create({ discovery, issuer: auth })
  const { identity } = await client.getIdentity({ request: { headers: { authorization: `Bearer ${token}` } } })
  assert.deepEqual(identity, { type: 'user', userEntityRef: 'user:development/guest', ownershipEntityRefs: [] })
})
await check('it refuses the token of another issuer', async () => {
  const client = DefaultIdentityClient.create({ discovery, issuer: 'https://elsewhere.example/api/auth' })
  await assert.rejects(client.getIdentity({ request: { headers: { authorization: `Bearer ${token}` } } }))
})
await check('the limited token that a plugin puts together verifies', async () => {
  const { payload } = await verify(limit(token), tokenTypes.limitedUser)
  assert.deepEqual(Object.keys(payload), ['sub', 'iat', 'exp'])
})
await check('the cookie holds that very token', async () => {
  const r = await fetch(`${base}/api/catalog/.backstage/auth/v1/cookie`, { headers: { Authorization: `Bearer ${token}` } })
  const { expiresAt } = await r.json()
  const [cookie] = r.headers.getSetCookie()
  assert.equal(cookie.split(';')[0], `backstage-auth=${limit(token)}`)
  assert.equal(new Date(expiresAt).getTime(), decodeJwt(token).exp * 1000)
})
await check('userinfo tells who owns what, for both', async () => {
  for (const text of [token, limit(token)]) {
    const { status, body } = await get('/api/auth/v1/userinfo', text)
    assert.equal(status, 200)
    assert.deepEqual(body, { claims: { sub: 'user:development/guest', ent: ['user:development/guest'] } })
  }
})
await check('the token opens the catalog, the limited one does not', async () => {
  assert.equal((await get('/api/catalog/entities?limit=1', token)).status, 200)
  assert.equal((await get('/api/catalog/entities?limit=1', limit(token))).status, 401)
})
await check('discovery leads to the keys', async () => {
  const { body } = await get('/api/auth/.well-known/openid-configuration')
  assert.equal(body.issuer, auth)
  assert.deepEqual((await get(new URL(body.jwks_uri).pathname)).body.keys.map(key => key.kid), [decodeProtectedHeader(token).kid])
})
await check('a plugin has keys of its own, none', async () => {
  assert.deepEqual((await get('/api/catalog/.backstage/auth/v1/jwks.json')).body, { keys: [] })
})

report()

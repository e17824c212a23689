import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer as createHttpServer, request as httpRequest } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { BERTHS, berthsFile, brokenFile, componentFile, containersFile } from './files.ts'

/** What the tests know about the portals that are running. Handed on in the environment, as text. */
export interface Portals {
  /** A portal that lets guests in, with the sample organisation and two files that are wrong. */
  url: string
  /** A portal that nobody is signed in to. */
  closedUrl: string
  /** A portal whose guests read the catalog, and no more. */
  readerUrl: string
  /** A portal that has no source yet; its guests run it. */
  emptyUrl: string
  /** A portal whose guests run it, with one source. The tests let most of that disappear, which it holds. */
  heldUrl: string
  heldFile: string
  /** A folder that the open portal watches: the tests write files into it. */
  watched: string
  /**
   * A folder whose folders are repositories of a Git host that the open portal may read, and where they are. What is
   * below it may be registered by its path, too.
   */
  hosted: string
  hostedUrl: string
  /** A portal where people sign in at dex or GitHub, with one user. */
  signInUrl: string
  /** The same portal behind a proxy that lets Ann in. */
  proxyUrl: string
}

export interface Running {
  portals: Portals
  stop: () => Promise<void>
}

/** Who can sign in at dex; the catalog knows Ann alone. */
export const ANN = { email: 'ann@marrowby.example', password: 'password' }
/** The origin of another front end, from which people may sign in to that portal in a window. */
export const FRONT = 'http://front.marrowby.example'
export const BOB = { email: 'bob@elsewhere.example', password: 'password' }

const root = resolve(import.meta.dirname, '../..')

const handedOn = 'PORTICO_PORTALS'

/** Finds the portals that the environment names, or starts them. */
export async function startPortals(): Promise<Running> {
  const running = await named()
  process.env[handedOn] = JSON.stringify(running.portals)
  return running
}

/** What startPortals found or started, for the workers. */
export function runningPortals(): Portals {
  return JSON.parse(process.env[handedOn] ?? '') as Portals
}

function named(): Promise<Running> {
  const env = (name: string) => process.env[name] ?? ''
  const binary = env('PORTICO_BIN')
  if (binary) return startBinary(resolve(root, binary))
  const portals: Portals = {
    url: env('PORTICO_URL'),
    closedUrl: env('PORTICO_CLOSED_URL'),
    readerUrl: env('PORTICO_READER_URL'),
    emptyUrl: env('PORTICO_EMPTY_URL'),
    heldUrl: env('PORTICO_HELD_URL'),
    heldFile: env('PORTICO_HELD_FILE'),
    watched: env('PORTICO_WATCHED'),
    hosted: env('PORTICO_HOSTED'),
    hostedUrl: env('PORTICO_HOSTED_URL'),
    signInUrl: env('PORTICO_SIGN_IN_URL'),
    proxyUrl: env('PORTICO_PROXY_URL'),
  }
  if (Object.values(portals).every(Boolean)) return Promise.resolve({ portals, stop: () => Promise.resolve() })
  throw new Error(
    'no portal to test. Set PORTICO_BIN to a binary of portico, which is then started with the sample organisation: ' +
      'PORTICO_BIN=bin/portico npm run e2e. For portals that run already set PORTICO_URL (guests may enter), ' +
      'PORTICO_CLOSED_URL (nobody may), PORTICO_READER_URL (guests only read), PORTICO_EMPTY_URL (it has no source), ' +
      'PORTICO_HELD_URL and PORTICO_HELD_FILE (its only source, a file of berths that the tests write), ' +
      'PORTICO_WATCHED (a folder that the first one watches), ' +
      'PORTICO_HOSTED and PORTICO_HOSTED_URL (a folder of repositories, and where a Git host has them that the first one may read; its paths may be registered there), ' +
      'PORTICO_SIGN_IN_URL (people sign in at dex or GitHub) and PORTICO_PROXY_URL (the same behind a proxy).',
  )
}

async function startBinary(binary: string): Promise<Running> {
  const work = mkdtempSync(join(tmpdir(), 'portico-e2e-'))
  const watched = join(work, 'watched')
  mkdirSync(watched)
  cpSync(join(root, 'examples/marrowby'), join(work, 'marrowby'), { recursive: true })
  writeFileSync(join(watched, 'broken.yaml'), brokenFile)
  for (const file of ['radio.yaml', 'radio-old.yaml'])
    writeFileSync(join(watched, file), componentFile('quay-radio', 'Two files claim it.'))
  writeFileSync(join(watched, 'containers.yaml'), containersFile())
  const hosted = join(work, 'hosted')
  mkdirSync(hosted)
  const host = await startHost(hosted)
  writeFileSync(join(work, 'app-config.yaml'), config('operators', new URL(host.url).host))
  writeFileSync(join(work, 'closed.yaml'), config('nobody'))
  writeFileSync(join(work, 'reader.yaml'), config('readers'))
  writeFileSync(join(work, 'empty.yaml'), operated('[]'))
  const heldFile = join(work, 'harbour', 'berths.yaml')
  mkdirSync(join(work, 'harbour'))
  writeFileSync(heldFile, berthsFile(BERTHS))
  writeFileSync(join(work, 'held.yaml'), operated('[{type: file, target: ./harbour/berths.yaml}]'))
  const serve = (file: string, data: string, port = 0) =>
    start(binary, ['serve', '--config', join(work, file), `--private-postgres=${join(work, data)}`], work, data, port)
  // Provider and portal name each other, so both ports are chosen before either starts.
  const [port = 0, dexPort = 0, gitHubPort = 0] = await freePorts(3)
  const dex = await startDex(work, dexPort, port)
  const gitHub = await startGitHub(work, gitHubPort, port)
  const proxy = await startProxy(port)
  writeFileSync(join(work, 'people.yaml'), people)
  writeFileSync(join(work, 'rules.cedar'), pilotsRules)
  writeFileSync(join(work, 'sign-in.yaml'), signInConfig(dexPort, gitHubPort))
  const [open, closed, reader, empty, held, signIn] = await Promise.all([
    serve('app-config.yaml', 'open'),
    serve('closed.yaml', 'closed'),
    serve('reader.yaml', 'reader'),
    serve('empty.yaml', 'empty'),
    serve('held.yaml', 'held'),
    serve('sign-in.yaml', 'sign-in', port),
  ])
  return {
    portals: {
      url: open.url,
      closedUrl: closed.url,
      readerUrl: reader.url,
      emptyUrl: empty.url,
      heldUrl: held.url,
      heldFile,
      watched,
      hosted,
      hostedUrl: `${host.url}/marrowby`,
      signInUrl: signIn.url,
      proxyUrl: proxy.url,
    },
    stop: async () => {
      await Promise.all([open, closed, reader, empty, held, signIn].map((portal) => portal.stop()))
      await Promise.all([dex.stop(), gitHub.stop(), proxy.stop(), host.stop()])
      rmSync(work, { recursive: true, force: true })
    },
  }
}

const TRIED = 'https://booking.internal.marrowby.example'
const allKinds = '[Component, API, Resource, System, Domain, Group, User, Location, Template, Container]'

/** Whom it lets in without signing in, and the host that it may read. */
function config(guests: 'operators' | 'readers' | 'nobody', host?: string): string {
  const locations = ['./marrowby/all.yaml', './watched/*.yaml'].map(
    (target) => `    - type: file\n      target: ${target}\n      rules:\n        - allow: ${allKinds}\n`,
  )
  return [
    'app:\n  title: Portico\n  baseUrl: http://localhost:7007\n',
    'organization:\n  name: Marrowby\n',
    `portico:\n  sampleData: true\n  guest:\n    operator: ${String(guests === 'operators')}\n`,
    host ? `  reading:\n    allowPrivateHosts: ['${host}']\n` : '',
    host ? '  catalog:\n    registerPaths: [./hosted]\n' : '',
    // Nobody answers there: it is for the form that tries an operation.
    host ? `  apis:\n    tryIt: [{origin: '${TRIED}', apis: ['api:default/booking.v3']}]\n` : '',
    'backend:\n  baseUrl: http://localhost:7007\n  listen:\n    host: 127.0.0.1\n    port: 7007\n',
    host ? `integrations:\n  gitea:\n    - host: '${host}'\n      baseUrl: http://${host}\n` : '',
    guests !== 'nobody' ? 'auth:\n  providers:\n    guest: {}\n' : '',
    `catalog:\n  locations:\n${guests === 'nobody' ? '    []\n' : locations.join('')}`,
  ].join('')
}

/** Guests run it, and what it shows is real. */
function operated(locations: string): string {
  return `organization: {name: Marrowby}
portico: {guest: {operator: true}}
auth: {providers: {guest: {}}}
catalog: {locations: ${locations}}
`
}

const people = `apiVersion: backstage.io/v1alpha1
kind: User
metadata:
  name: ann
spec:
  profile:
    displayName: Ann of the Quay
    email: ${ANN.email}
  memberOf: [pilots]
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata:
  name: pilots
spec:
  type: team
  children: []
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: tide-table
spec:
  type: website
  lifecycle: production
  owner: pilots
`

/** Pilots hand out tokens of services, though they are authors and no admins. */
const pilotsRules = `@id("makers")
permit (principal in Group::"group:default/pilots", action == Action::"portico.token.manage", resource);
`

function signInConfig(dexPort: number, gitHubPort: number): string {
  return `organization:
  name: Marrowby
backend:
  cors:
    origin: ${FRONT}
    credentials: true
auth:
  providers:
    oidc:
      development:
        metadataUrl: http://127.0.0.1:${String(dexPort)}/dex
        clientId: portico
        clientSecret: a-secret-of-tests
        signIn:
          resolvers:
            - resolver: emailMatchingUserEntityProfileEmail
    github:
      development:
        enterpriseInstanceUrl: http://127.0.0.1:${String(gitHubPort)}
        clientId: portico
        clientSecret: a-secret-of-tests
        allowedOrganizations: [marrowby]
        signIn:
          resolvers:
            - resolver: usernameMatchingUserEntityName
    proxy:
      development:
        trustedPeers: [127.0.0.1]
        secret: ${PROXY_SECRET}
        signOutUrl: /signed-out-by-the-proxy
        signIn:
          resolvers:
            - resolver: forwardedUserMatchingUserEntityName
portico:
  policies:
    paths: [rules.cedar]
  reading:
    allowPrivateHosts: ['127.0.0.1:${String(dexPort)}', '127.0.0.1:${String(gitHubPort)}']
catalog:
  rules:
    - allow: [User, Group, Component]
  locations:
    - type: file
      target: ./people.yaml
`
}

/** Starts dex with two people, of whom the catalog knows one. */
async function startDex(work: string, port: number, portalPort: number): Promise<{ stop: () => Promise<void> }> {
  const binary = execFileSync(join(root, 'scripts/dex.sh'), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  const issuer = `http://127.0.0.1:${String(port)}/dex`
  const person = (email: string, id: string) =>
    `  - {email: ${email}, username: ${email}, userID: '${id}', hash: '$2a$10$2b2cU8CPhOTaGrs1HRQuAueS7JTT5ZHsHSzYiFPm1leZck7Mc8T4W'}\n`
  const file = join(work, 'dex.yaml')
  writeFileSync(
    file,
    `issuer: ${issuer}
storage: {type: memory}
web: {http: '127.0.0.1:${String(port)}'}
oauth2: {skipApprovalScreen: true}
staticClients:
  - id: portico
    name: Portico
    secret: a-secret-of-tests
    redirectURIs: ['http://localhost:${String(portalPort)}/api/auth/oidc/handler/frame']
enablePasswordDB: true
staticPasswords:
${person(ANN.email, '1001')}${person(BOB.email, '1002')}`,
  )
  const child = spawn(binary.trim(), ['serve', file], { stdio: 'ignore' })
  for (const until = Date.now() + PATIENCE; ;) {
    try {
      if ((await fetch(`${issuer}/.well-known/openid-configuration`)).ok) break
    } catch {
      // it does not listen yet
    }
    if (child.exitCode !== null || Date.now() > until) throw new Error('dex did not start')
    await new Promise((r) => setTimeout(r, 100))
  }
  return { stop: () => stop(child) }
}

/** Starts the stand-in for GitHub, where ann is a member of marrowby and bob is none. */
async function startGitHub(work: string, port: number, portalPort: number): Promise<{ stop: () => Promise<void> }> {
  const binary = join(work, 'githubstandin')
  execFileSync('go', ['build', '-o', binary, './test/tools/githubstandin'], { cwd: root, stdio: 'inherit' })
  const callback = `http://localhost:${String(portalPort)}/api/auth/github/handler/frame`
  const child = spawn(binary, ['-listen', `127.0.0.1:${String(port)}`, '-callback', callback], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise<void>((ready, failed) => {
    child.stdout.once('data', () => {
      ready()
    })
    child.once('exit', () => {
      failed(new Error('the stand-in for GitHub did not start'))
    })
  })
  return { stop: () => stop(child) }
}

export const PROXY_SECRET = 'between the proxy and the portal'

/** Starts a proxy before a portal: everybody who comes is Ann, until they sign out. */
export async function startProxy(portalPort: number): Promise<{ url: string; stop: () => Promise<void> }> {
  const server = createHttpServer((asked, answer) => {
    if (asked.url === '/signed-out-by-the-proxy') {
      answer.writeHead(200, { 'Content-Type': 'text/html' }).end('<link rel="icon" href="data:,"><h1>Goodbye</h1>')
      return
    }
    const headers = { ...asked.headers, 'x-forwarded-user': 'ann', 'x-portico-proxy-secret': PROXY_SECRET }
    const { method, url: path } = asked
    const on = {
      host: '127.0.0.1',
      port: portalPort,
      ...(method ? { method } : {}),
      ...(path ? { path } : {}),
      headers,
    }
    const onward = httpRequest(on, (got) => {
      answer.writeHead(got.statusCode ?? 502, got.headers)
      got.pipe(answer)
    })
    onward.on('error', () => answer.destroy())
    answer.on('close', () => onward.destroy())
    asked.pipe(onward)
  })
  await new Promise<void>((r) => server.listen(0, '127.0.0.1', r))
  return {
    url: `http://localhost:${String((server.address() as AddressInfo).port)}`,
    stop: () =>
      new Promise((done) => {
        server.close(() => {
          done()
        })
        server.closeAllConnections()
      }),
  }
}

/**
 * Starts a Git host that speaks as Gitea does: each folder of `folder` is a repository of marrowby, with one branch. The
 * portal reads it through its API.
 */
async function startHost(folder: string): Promise<{ url: string; stop: () => Promise<void> }> {
  const server = createHttpServer((asked, answer) => {
    const path = decodeURIComponent(new URL(asked.url ?? '/', 'http://host').pathname)
    const [, repository = '', what, rest = ''] =
      /^\/api\/v1\/repos\/marrowby\/([^/]+)(?:\/(raw|git)\/(.*))?$/.exec(path) ?? []
    const at = join(folder, repository)
    const file = join(at, rest)
    const say = (type: string, body: string | Buffer) => answer.writeHead(200, { 'Content-Type': type }).end(body)
    if (repository === '' || !existsSync(at)) answer.writeHead(404).end()
    else if (what === undefined) say('application/json', JSON.stringify({ default_branch: 'main' }))
    else if (what === 'git') say('application/json', JSON.stringify({ tree: listing(at), truncated: false }))
    else if (existsSync(file)) say('text/plain', readFileSync(file))
    else answer.writeHead(404).end()
  })
  await new Promise<void>((r) => server.listen(0, '127.0.0.1', r))
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    stop: () =>
      new Promise((done) => {
        server.close(() => {
          done()
        })
        server.closeAllConnections()
      }),
  }
}

function listing(folder: string): { path: string; type: string; mode: string; sha: string; size: number }[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => ({ path, stat: statSync(join(folder, path)) }))
    .filter(({ stat }) => stat.isFile())
    .map(({ path, stat }) => ({ path, type: 'blob', mode: '100644', sha: String(stat.mtimeMs), size: stat.size }))
}

async function freePorts(n: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: n }, async () => {
      const server = createServer()
      await new Promise<void>((r) => server.listen(0, '127.0.0.1', r))
      return server
    }),
  )
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => new Promise((r) => server.close(r))))
  return ports
}

/** One more portal, of the folder's app-config.yaml, for a test that needs a catalog of its own. */
export function startPortal(work: string, name: string): Promise<{ url: string; stop: () => Promise<void> }> {
  const binary = process.env['PORTICO_BIN'] ?? ''
  if (!binary) throw new Error('this test starts a portal of its own: set PORTICO_BIN')
  const args = ['serve', '--config', join(work, 'app-config.yaml'), `--private-postgres=${join(work, name)}`]
  return start(resolve(root, binary), args, work, name, 0)
}

const PATIENCE = 60_000

/** Starts a portal on a port of its own choice and waits until it names its address. */
async function start(
  binary: string,
  args: string[],
  work: string,
  name: string,
  port: number,
): Promise<{ url: string; stop: () => Promise<void> }> {
  const readyFile = join(work, `${name}.url`)
  const child = spawn(binary, [...args, '--listen', `127.0.0.1:${String(port)}`, '--ready-file', readyFile], {
    cwd: work,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  let failed: Error | undefined
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
  child.once('error', (error) => (failed = error))
  const until = Date.now() + PATIENCE
  while (!existsSync(readyFile)) {
    if (failed) throw new Error(`${binary} did not start: ${failed.message}`)
    if (child.exitCode !== null || Date.now() > until) {
      child.kill('SIGKILL')
      throw new Error(`the portal did not become ready (exit code ${String(child.exitCode)}). It said:\n${said}`)
    }
    await new Promise((r) => setTimeout(r, 100))
  }
  return { url: readFileSync(readyFile, 'utf8').trim(), stop: () => stop(child) }
}

function stop(child: ChildProcess): Promise<void> {
  return new Promise((done) => {
    if (child.exitCode !== null) {
      done()
      return
    }
    child.once('exit', () => {
      done()
    })
    child.kill('SIGTERM')
  })
}

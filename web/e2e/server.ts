import { spawn, type ChildProcess } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/** What the tests know about the portals that are running. Handed on in the environment, as text. */
export interface Portals {
  /** A portal that lets guests in, with the sample organisation and two files that are wrong. */
  url: string
  /** A portal that nobody is signed in to. */
  closedUrl: string
  /** A folder that the open portal watches: the tests write files into it. */
  watched: string
}

export interface Running {
  portals: Portals
  stop: () => Promise<void>
}

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
  const [url, closedUrl, watched] = ['PORTICO_URL', 'PORTICO_CLOSED_URL', 'PORTICO_WATCHED'].map(env)
  if (url && closedUrl && watched)
    return Promise.resolve({ portals: { url, closedUrl, watched }, stop: () => Promise.resolve() })
  throw new Error(
    'no portal to test. Set PORTICO_BIN to a binary of portico, which is then started with the sample organisation: ' +
      'PORTICO_BIN=bin/portico npm run e2e. For portals that run already set PORTICO_URL (guests may enter), ' +
      'PORTICO_CLOSED_URL (nobody may) and PORTICO_WATCHED (a folder that the first one watches).',
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
  writeFileSync(join(work, 'app-config.yaml'), config(true))
  writeFileSync(join(work, 'closed.yaml'), config(false))
  const serve = (file: string, data: string) =>
    start(binary, ['serve', '--config', join(work, file), `--private-postgres=${join(work, data)}`], work, data)
  const open = await serve('app-config.yaml', 'open')
  const closed = await serve('closed.yaml', 'closed')
  return {
    portals: { url: open.url, closedUrl: closed.url, watched },
    stop: async () => {
      await Promise.all([open.stop(), closed.stop()])
      rmSync(work, { recursive: true, force: true })
    },
  }
}

const allKinds = '[Component, API, Resource, System, Domain, Group, User, Location, Template, Container]'

function config(guests: boolean): string {
  const locations = ['./marrowby/all.yaml', './watched/*.yaml'].map(
    (target) => `    - type: file\n      target: ${target}\n      rules:\n        - allow: ${allKinds}\n`,
  )
  return [
    'app:\n  title: Portico\n  baseUrl: http://localhost:7007\n',
    'organization:\n  name: Marrowby\n',
    'portico:\n  sampleData: true\n  guest:\n    operator: true\n',
    'backend:\n  baseUrl: http://localhost:7007\n  listen:\n    host: 127.0.0.1\n    port: 7007\n',
    guests ? 'auth:\n  providers:\n    guest: {}\n' : '',
    `catalog:\n  locations:\n${guests ? locations.join('') : '    []\n'}`,
  ].join('')
}

const brokenFile = `apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: quay-lights
spec:
  type: service
  lifecycle: production
  ownr: port-operations
`

/** As many entities of a kind of one's own as need several pages of rows. */
export const CONTAINERS = 260

function containersFile(): string {
  const names = Array.from({ length: CONTAINERS }, (_, i) => `container-${String(i + 1).padStart(3, '0')}`)
  return names
    .map(
      (name) =>
        `apiVersion: marrowby.example/v1\nkind: Container\nmetadata:\n  name: ${name}\nspec:\n  type: reefer\n  owner: freight\n`,
    )
    .join('---\n')
}

export function componentFile(name: string, description: string): string {
  return `apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: ${name}
  description: ${description}
spec:
  type: service
  lifecycle: production
  owner: payments
`
}

const PATIENCE = 60_000

/** Starts a portal on a port of its own choice and waits until it names its address. */
async function start(
  binary: string,
  args: string[],
  work: string,
  name: string,
): Promise<{ url: string; stop: () => Promise<void> }> {
  const readyFile = join(work, `${name}.url`)
  const child = spawn(binary, [...args, '--listen', '127.0.0.1:0', '--ready-file', readyFile], {
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

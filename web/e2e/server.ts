import { spawn, type ChildProcess } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/** What the tests know about the portals that are running. Handed on in the environment, as text. */
export interface Portals {
  /** A portal that lets guests in, with the sample organisation and two files that are wrong. */
  url: string
  /** A portal that nobody is signed in to. */
  closedUrl: string
  /** A folder that the portal watches; undefined with the mock, which is told over HTTP. */
  watched: string | undefined
}

export interface Running {
  portals: Portals
  stop: () => Promise<void>
}

const root = resolve(import.meta.dirname, '../..')

export async function startPortals(): Promise<Running> {
  const binary = process.env['PORTICO_BIN']
  return binary ? startBinary(resolve(root, binary)) : startMocks()
}

async function startMocks(): Promise<Running> {
  const server = join(root, 'web/dev/mock-server.mjs')
  const open = await start(
    process.execPath,
    (port) => [server, '--port', port, '--containers', String(CONTAINERS)],
    root,
  )
  const closed = await start(process.execPath, (port) => [server, '--port', port, '--signed-out'], root)
  return {
    portals: { url: open.url, closedUrl: closed.url, watched: undefined },
    stop: async () => {
      await Promise.all([open.stop(), closed.stop()])
    },
  }
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
  const serve = (file: string, data: string) => (port: string) => [
    'serve',
    '--config',
    join(work, file),
    `--private-postgres=${join(work, data)}`,
    '--listen',
    `127.0.0.1:${port}`,
  ]
  const open = await start(binary, serve('app-config.yaml', 'open'), work)
  const closed = await start(binary, serve('closed.yaml', 'closed'), work)
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
    'portico:\n  sampleData: true\n',
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

/** Starts a portal on a free port and waits until it says that it is ready. */
async function start(
  command: string,
  args: (port: string) => string[],
  cwd: string,
): Promise<{ url: string; stop: () => Promise<void> }> {
  const port = String(await freePort())
  const child = spawn(command, args(port), { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const url = `http://127.0.0.1:${port}`
  const until = Date.now() + PATIENCE
  while (!(await ready(url))) {
    if (child.exitCode !== null || Date.now() > until) {
      child.kill('SIGKILL')
      throw new Error(`the portal did not become ready (exit code ${String(child.exitCode)}). It said:\n${said}`)
    }
    await new Promise((r) => setTimeout(r, 100))
  }
  return { url, stop: () => stop(child) }
}

async function ready(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/.backstage/health/v1/readiness`)).ok
  } catch {
    return false
  }
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

function freePort(): Promise<number> {
  return new Promise((found, failed) => {
    const probe = createServer()
    probe.once('error', failed)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => {
        found(port)
      })
    })
  })
}

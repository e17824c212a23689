// Adds up the gzipped JavaScript of each page when it is the first that somebody opens, and fails when one is above a
// budget. `first` is what the page cannot begin without: index.html's modules, the page's own chunk and what they import
// statically. `with it` is that and what is asked for beside it before anybody clicked: what the route's loader imports,
// what the page always draws later, and what the shell does.
// Reads dist, so build first.
import { readFileSync, readdirSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const FIRST = 150_000
const WITH_IT = 250_000

// A chunk by its name; several are called `load`, and are told apart by what they export. A page within a page is opened
// together with it. What a loader or a page imports is named here by hand, so that a name that went fails.
const entity = (tab, ...beside) => [
  ['entity-page', tab],
  ['load:loadEntity', 'entity-actions', 'fact', 'beside', ...beside],
]
const canvas = ['load:loadAround', 'graph-view', 'canvas']
const reader = ['api-brief', 'reader-worker']
// A second and a half after the shell the finder comes too and waits to be opened: it is counted apart.
const SHELL = ['bottom-bar', 'feed', 'follow-changes']
const PAGES = {
  Home: [['home-page'], ['load:loadHome']],
  Catalog: [['catalog-page'], ['load:loadCatalog', 'facets', 'catalog-table']],
  'Catalog, as a map': [['catalog-page'], ['load:loadCatalog', 'facets', 'map']],
  'entity, overview': entity('overview-tab', 'lately', 'apis-around'),
  'system, overview': entity('overview-tab', 'lately', 'inside-diagram'),
  'group, overview': entity('overview-tab', 'lately', 'members', 'owns', 'hierarchy'),
  'API, overview': entity('overview-tab', 'lately', ...reader),
  // The viewer is no part of a first page, and neither is a canvas.
  'API, definition': [
    ['entity-page'],
    ['load:loadEntity', 'entity-actions', 'fact', 'beside', 'api-tab', 'reader-worker'],
  ],
  'entity, dependencies': entity('dependencies-tab', ...canvas),
  'entity, history': entity('history-tab', 'change-details'),
  'entity, source': entity('source-tab'),
  APIs: [['apis-page'], ['load:loadApis', 'apis-table']],
  Graph: [['graph-page'], ['load:loadGraphPage', ...canvas]],
  Register: [['register-page'], []],
  Sources: [['sources-page'], ['load:loadSources']],
  'Audit log': [['audit-page'], ['load:loadAudit']],
  Tokens: [['tokens-page'], []],
  'Sign in': [['sign-in-page'], []],
}
const dist = new URL('../dist/', import.meta.url)
const read = (path) => readFileSync(new URL(path, dist)).toString()
const chunks = readdirSync(new URL('assets/', dist)).filter((name) => name.endsWith('.js'))

function pathOf(part) {
  const [name, exported] = part.split(':')
  const found = chunks
    .filter((chunk) => chunk.slice(0, -'-12345678.js'.length) === name)
    .map((chunk) => `assets/${chunk}`)
    .filter((path) => !exported || new RegExp(`\\bas ${exported}\\b`).test(read(path)))
  if (found.length !== 1) throw new Error(`dist has ${found.length} chunks of ${part}; was it renamed?`)
  return found[0]
}

function walk(path, seen) {
  if (seen.has(path)) return
  const code = read(path)
  seen.set(path, gzipSync(code, { level: 9 }).length)
  for (const m of code.matchAll(/(?:import|from)\s*["'](\.\/[^"']+\.js)["']/g)) {
    walk(path.replace(/[^/]+$/, m[1].slice(2)), seen)
  }
}

/** What `seen` has, and these with what they import statically. */
function and(seen, parts) {
  const all = new Map(seen)
  for (const part of parts) walk(pathOf(part), all)
  return all
}

const sum = (seen) => [...seen.values()].reduce((a, b) => a + b, 0)
const every = new Map()
for (const m of read('index.html').matchAll(/(?:src|href)="\/(assets\/[^"]+\.js)"/g)) walk(m[1], every)
let over = false
const tell = (first, withIt, name) => {
  over ||= first > FIRST || withIt > WITH_IT
  console.log(`${String(first).padStart(8)} ${String(withIt).padStart(8)}  ${name}`)
}
console.log('   first  with it  bytes of JavaScript, gzipped, of a page that is opened first')
tell(sum(every), sum(and(every, SHELL)), 'every page')
for (const [name, [page, beside]] of Object.entries(PAGES)) {
  const first = and(every, page)
  tell(sum(first), sum(and(first, [...beside, ...SHELL])), name)
}
tell(FIRST, WITH_IT, 'the budget')
const shell = and(every, SHELL)
console.log(
  `${String(sum(and(shell, ['finder'])) - sum(shell)).padStart(17)}  the finder, a second and a half later: in no budget`,
)
process.exit(over ? 1 : 0)

// Adds up the gzipped JavaScript of each page when it is the first that somebody opens: index.html's modules, the page's
// own chunk and what they import statically. Fails when one is above the budget. Reads dist, so build first.
import { readFileSync, readdirSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const BUDGET = 150_000
// A page within a page is opened together with it.
const PAGES = [
  ['home-page'],
  ['catalog-page'],
  ['entity-page', 'overview-tab'],
  ['entity-page', 'dependencies-tab'],
  ['entity-page', 'history-tab'],
  ['apis-page'],
  ['graph-page'],
  ['register-page'],
  ['sources-page'],
  ['tokens-page'],
  ['sign-in-page'],
]
const dist = new URL('../dist/', import.meta.url)
const read = (path) => readFileSync(new URL(path.replace(/^\//, ''), dist))

function walk(path, seen) {
  if (seen.has(path)) return
  const code = read(path)
  seen.set(path, gzipSync(code, { level: 9 }).length)
  for (const m of code.toString().matchAll(/(?:import|from)\s*["'](\.\/[^"']+\.js)["']/g)) {
    walk(path.replace(/[^/]+$/, m[1].slice(2)), seen)
  }
}

const sum = (seen) => [...seen.values()].reduce((a, b) => a + b, 0)
const first = new Map()
for (const m of read('index.html')
  .toString()
  .matchAll(/(?:src|href)="(\/assets\/[^"]+\.js)"/g))
  walk(m[1], first)
console.log(`${String(sum(first)).padStart(8)} bytes  every page`)
let over = false
for (const page of PAGES) {
  const seen = new Map(first)
  for (const part of page) {
    const chunk = readdirSync(new URL('assets/', dist)).find(
      (name) => name.startsWith(`${part}-`) && name.endsWith('.js'),
    )
    if (!chunk) throw new Error(`dist has no chunk of ${part}; was it renamed?`)
    walk(`/assets/${chunk}`, seen)
  }
  over ||= sum(seen) > BUDGET
  console.log(`${String(sum(seen)).padStart(8)} bytes  ${page.join(' with ')} opened first`)
}
console.log(`budget of a first page: ${BUDGET} bytes of JavaScript, gzipped`)
process.exit(over ? 1 : 0)

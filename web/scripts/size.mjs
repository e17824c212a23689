// Adds up the gzipped JavaScript that the first route loads (index.html's module and what it imports statically)
// and fails above the budget. Reads dist, so build first.
import { readFileSync, readdirSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const BUDGET = 150_000
const dist = new URL('../dist/', import.meta.url)
const read = (path) => readFileSync(new URL(path.replace(/^\//, ''), dist))
const seen = new Map()
function walk(path) {
  if (seen.has(path)) return
  const code = read(path)
  seen.set(path, gzipSync(code, { level: 9 }).length)
  for (const m of code.toString().matchAll(/(?:import|from)\s*["'](\.\/[^"']+\.js)["']/g)) {
    walk(path.replace(/[^/]+$/, m[1].slice(2)))
  }
}
const html = read('index.html').toString()
for (const m of html.matchAll(/(?:src|href)="(\/assets\/[^"]+\.js)"/g)) walk(m[1])
const first = [...seen.values()].reduce((a, b) => a + b, 0)
for (const [path, size] of seen) console.log(String(size).padStart(8), path)
for (const name of readdirSync(new URL('assets/', dist))) {
  if (!name.endsWith('.js') || seen.has('/assets/' + name)) continue
  console.log(String(gzipSync(read('assets/' + name), { level: 9 }).length).padStart(8), '/assets/' + name, '(lazy)')
}
console.log(`first route: ${first} bytes of JavaScript, gzipped; budget ${BUDGET}`)
process.exit(first > BUDGET ? 1 : 0)

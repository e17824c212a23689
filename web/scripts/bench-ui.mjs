// Opens a running portal in Chromium as one person and prints what that person waits for, one JSON line a figure.
// test/bench/ui.sh starts the portal and says where it is; docs/dev/performance.md says what the figures mean.
import { chromium } from '@playwright/test'

const env = (name) => {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set; run this by test/bench/ui.sh`)
  return value
}
const url = env('BENCH_URL')
const n = Number(env('BENCH_N'))
const rounds = Number(env('ROUNDS'))

const fig = (figure, value, more = {}) => console.log(JSON.stringify({ label: 'ui', n, figure, value, ...more }))
const sorted = (list) => [...list].sort((a, b) => a - b)
const median = (list) => Math.round(sorted(list)[Math.floor(list.length / 2)] ?? NaN)
const most = (list) => Math.round(Math.max(0, ...list))

/** Runs in the page before its own code: writes down what shifts, what blocks, and when a selector first matches. */
function watch(content) {
  const seen = { shift: 0, tasks: [], events: [], marks: {} }
  const observe = (type, each, options = {}) =>
    new PerformanceObserver((list) => list.getEntries().forEach(each)).observe({ type, buffered: true, ...options })
  observe('layout-shift', (e) => {
    if (!e.hadRecentInput) seen.shift += e.value
  })
  observe('longtask', (e) => seen.tasks.push(e.duration))
  observe('event', (e) => seen.events.push(e.duration), { durationThreshold: 16 })
  addEventListener('pointerdown', (e) => (seen.down = e.timeStamp), { capture: true })
  const wanted = new Map()
  const look = () => {
    for (const [name, [selector, text, path]] of wanted) {
      if (path && location.pathname !== path) continue
      const found = [...document.querySelectorAll(selector)].find(
        (e) => e.getClientRects().length > 0 && (e.textContent ?? '').includes(text),
      )
      if (!found) continue
      wanted.delete(name)
      // The frame that has it is on the screen when the next one begins.
      requestAnimationFrame((at) => (seen.marks[name] = at))
    }
    requestAnimationFrame(look)
  }
  requestAnimationFrame(look)
  window.porticoBench = {
    seen,
    want: (name, selector, text = '', path = '') => {
      seen.marks[name] = undefined
      wanted.set(name, [selector, text, path])
    },
  }
  window.porticoBench.want('shell', 'header')
  window.porticoBench.want('content', content)
}

const marked = (page, name) =>
  page.waitForFunction((mark) => window.porticoBench.seen.marks[mark] !== undefined, name, { timeout: 15_000 })

const browser = await chromium.launch({
  executablePath: process.env['PORTICO_CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
})

async function newContext(content, storageState) {
  const context = await browser.newContext({
    ...(storageState ? { storageState } : {}),
    viewport: { width: 1440, height: 900 },
    extraHTTPHeaders: { 'x-forwarded-user': env('BENCH_WHO'), 'x-portico-proxy-secret': env('BENCH_SECRET') },
  })
  await context.addInitScript(watch, content)
  return context
}

async function json(context, path) {
  const answer = await context.request.get(url + path)
  if (!answer.ok()) throw new Error(`${path} answered ${answer.status()}`)
  return answer.json()
}

/** A component with relations, its API and its system: what the pages are opened for. */
async function examples(context) {
  const answer = await json(
    context,
    '/api/catalog/entities/by-query?filter=kind=component,relations.providesApi,relations.partOf&limit=1&fields=metadata.name,relations',
  )
  const [component] = answer.items
  const target = (type) => component.relations.find((r) => r.type === type).targetRef.split('/')[1]
  return { component: component.metadata.name, api: target('providesApi'), system: target('partOf') }
}

const first = await newContext('main')
// The session's cookie is this context's from then on, and that of those made of its state.
const door = await first.newPage()
await door.goto(`${url}/api/auth/proxy/start?redirectUrl=/`)
await door.close()
const session = await first.storageState()
const { component, api, system } = await examples(first)
const of = (kind, name, tab = '') => `/catalog/default/${kind}/${name}${tab}`

// What each page is opened for, at the first moment: rows and facts that the server answered with, never a heading or a
// frame that stands there while they are on the way. Register alone asks for nothing: it is a form.
const mark = {
  home: 'main section[aria-label="Your services"] td a, main section[aria-label="What you own"] td a',
  rows: 'main [role=row] a, main tbody a',
  map: 'main ul[tabindex="-1"] > li > a',
  facts: 'main aside[aria-label="Facts"] dd',
  box: '.react-flow__node',
  history: 'main ol li',
  lines: 'main pre code > span',
  offers: 'main section[aria-label="Definition"] li a',
  definition: 'main nav[aria-label^="All "] a',
  parts: 'main section[aria-label="Inside"] li a',
  apis: 'main tbody a[data-row]',
  form: 'main textarea',
  teams: 'main section[aria-label="Your teams"] li a',
}
const pages = [
  ['home', '/', mark.home],
  ['catalog', '/catalog?kind=component', mark.rows],
  ['map', '/catalog?kind=component&view=map', mark.map],
  ['entity', of('component', component), mark.facts],
  ['dependencies', of('component', component, '/dependencies'), mark.box],
  ['history', of('component', component, '/history'), mark.history],
  ['source', of('component', component, '/source'), mark.lines],
  ['api', of('api', api), mark.offers],
  ['definition', of('api', api, '/api'), mark.definition],
  ['system', of('system', system), mark.parts],
  ['system_diagram', of('system', system), mark.box],
  ['apis', '/api-docs', mark.apis],
  ['graph', '/catalog-graph', mark.box],
  ['register', '/catalog-import', mark.form],
  ['settings', '/settings', mark.teams],
]

// 1. Each page opened first: nothing in the browser's cache, and then from it.
for (const [name, path, content] of pages) {
  const cold = { shell: [], content: [], after: [], shift: [], task: [] }
  const warm = { shell: [], content: [], after: [] }
  for (let i = 0; i < rounds; i++) {
    const context = await newContext(content, session)
    const page = await context.newPage()
    for (const into of [cold, warm]) {
      await page.goto(url + path)
      await marked(page, 'content')
      await page.waitForLoadState('networkidle', { timeout: 3_000 }).catch(() => undefined)
      const { marks, shift, tasks } = await page.evaluate(() => window.porticoBench.seen)
      into.shell.push(marks.shell)
      into.content.push(marks.content)
      into.after.push(Math.max(0, marks.content - marks.shell))
      cold.shift.push(shift)
      cold.task.push(...tasks)
    }
    await context.close()
  }
  // The figure, the shell's and `again` count from the start of the navigation.
  fig(`open_${name}_ms`, median(cold.content), {
    shell: median(cold.shell),
    after_shell: median(cold.after),
    after_shell_max: most(cold.after),
    again: median(warm.content),
    again_after_shell: median(warm.after),
    cls_max: Number(Math.max(...cold.shift).toFixed(4)),
    longest_task: most(cold.task),
  })
}

// 2. Ways within the portal, everything visited once before.
const page = await first.newPage()
await page.goto(url)
await page.getByRole('heading', { level: 1 }).waitFor()
const column = page.getByRole('navigation', { name: 'Main', exact: true })
const tab = (name) => page.getByRole('navigation', { name: 'Parts of the page' }).getByRole('link', { name })
const start = page.getByRole('region', { name: 'Start' })
const ways = [
  ['home_catalog', () => column.getByRole('link', { name: 'Catalog' }), mark.rows, '', '/catalog'],
  ['catalog_entity', () => page.locator(mark.rows).first(), mark.facts, '', ''],
  ['overview_dependencies', () => tab('Dependencies'), mark.box, '', ''],
  ['dependencies_history', () => tab('History'), mark.history, '', ''],
  ['history_source', () => tab('Source'), mark.lines, '', ''],
  ['source_home', () => column.getByRole('link', { name: 'Home' }), mark.home, '', '/'],
  ['home_graph', () => start.getByRole('link', { name: 'graph' }), mark.box, '', '/catalog-graph'],
  ['graph_home', () => column.getByRole('link', { name: 'Home' }), mark.home, '', '/'],
  ['home_apis', () => start.getByRole('link', { name: 'APIs' }), mark.apis, '', '/api-docs'],
  ['apis_home', () => column.getByRole('link', { name: 'Home' }), mark.home, '', '/'],
]
const took = new Map(ways.map(([name]) => [name, []]))
for (let i = 0; i <= rounds; i++) {
  for (const [name, link, selector, text, path] of ways) {
    await link().waitFor()
    const target = path || new URL(await link().getAttribute('href'), url).pathname
    await page.evaluate(([s, t, p]) => window.porticoBench.want('there', s, t, p), [selector, text, target])
    await link().click()
    await marked(page, 'there')
    const ms = await page.evaluate(() => window.porticoBench.seen.marks.there - window.porticoBench.seen.down)
    if (i > 0) took.get(name).push(ms)
  }
}
for (const [name, list] of took) fig(`go_${name}_ms`, median(list), { max: most(list) })
await page.close()

// 3. The catalog with everything behind it: what holds it up while somebody works with it.
const work = await first.newPage()
await work.goto(`${url}/catalog?kind=component`)
await work.locator(mark.rows).first().waitFor()
await work.waitForLoadState('networkidle', { timeout: 3_000 }).catch(() => undefined)
const reset = () => work.evaluate(() => Object.assign(window.porticoBench.seen, { shift: 0, tasks: [], events: [] }))
const tell = async (name) => {
  await work.waitForTimeout(400)
  const { shift, tasks, events } = await work.evaluate(() => window.porticoBench.seen)
  fig(`catalog_${name}_longest_task_ms`, most(tasks), {
    tasks_over_50: tasks.length,
    slowest_event: most(events),
    cls: Number(shift.toFixed(4)),
  })
}
const rowsShown = () =>
  work.evaluate(
    () => [...document.querySelectorAll('main [role=row], main tbody tr')].filter((r) => r.querySelector('a')).length,
  )

await reset()
await work.mouse.move(900, 600)
for (let i = 0; i < 120; i++) {
  await work.mouse.wheel(0, 500)
  await work.waitForTimeout(16)
}
await tell('scroll')
fig('catalog_rows_after_scroll', await rowsShown())

await reset()
await work.locator(mark.rows).first().focus()
for (let i = 0; i < 40; i++) await work.keyboard.press('PageDown')
await work.keyboard.press('End')
await work.waitForTimeout(300)
await work.keyboard.press('Home')
await tell('keys')

await reset()
const filter = work.getByRole('searchbox').first()
await filter.click()
await filter.pressSequentially('order', { delay: 80 })
await work.waitForTimeout(500)
for (let i = 0; i < 5; i++) await filter.press('Backspace', { delay: 60 })
await tell('filter')

await reset()
const box = work.getByRole('region', { name: 'Lifecycle', exact: true }).getByRole('checkbox').first()
await box.click()
await work.waitForTimeout(500)
await box.click()
await tell('facet')

await reset()
await work.keyboard.press('Control+k')
const finder = work.getByRole('combobox')
await finder.waitFor()
await finder.pressSequentially('pay led', { delay: 80 })
await tell('finder')

await work.keyboard.press('Escape')
await finder.waitFor({ state: 'hidden' })
await reset()
await work.getByRole('link', { name: 'Map', exact: true }).click()
await work.locator(mark.map).first().waitFor()
await tell('map')
fig('heap_mb', Math.round(await work.evaluate(() => performance.memory.usedJSHeapSize / 1e6)))
await browser.close()

import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from './fixtures.ts'

/** What runs, or leads away, where the text of an entity is taken for more than text. */
const PAYLOADS = [
  '<img src=x onerror="window.wall=1">',
  '<svg onload="window.wall=1">',
  '"><script>window.wall=1</script>',
  "' onmouseover='window.wall=1' x='",
  '</title><script>window.wall=1</script>',
  '[x](javascript:window.wall=1)',
  '<a href="javascript:window.wall=1">x</a>',
  '<iframe srcdoc="<script>parent.wall=1</script>"></iframe>',
  '{{constructor.constructor("window.wall=1")()}}',
  '<style>*{background:url(//evil.example)}</style>',
  '<math><mi xlink:href="javascript:window.wall=1">x</mi></math>',
  '\u202e<b onclick="window.wall=1">x</b>',
]

const ADDRESSES = [
  'javascript:window.wall=1',
  'JaVaScRiPt:window.wall=1',
  'java\tscript:window.wall=1',
  'data:text/html,<script>parent.wall=1</script>',
  'vbscript:x',
]

/** Templates, of which the sample organisation shows nobody else's in a list. */
function hostileFile(): string {
  const text = (i: number) => JSON.stringify(PAYLOADS[i % PAYLOADS.length])
  return PAYLOADS.map((_, i) => {
    const address = JSON.stringify(ADDRESSES[i % ADDRESSES.length])
    return `apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata:
  name: hostile-${String(i)}
  title: ${text(i)}
  description: ${text(i)}
  annotations:
    example.com/note: ${text(i)}
    backstage.io/view-url: ${address}
    backstage.io/edit-url: ${address}
  links:
    - {url: ${address}, title: ${text(i)}, icon: ${text(i)}, type: ${text(i)}}
    - {url: 'https://example.com/', title: ${text(i)}}
spec:
  type: ${text(i)}
  lifecycle: ${text(i)}
  owner: payments
  steps: [{id: ${text(i)}, name: ${text(i)}, action: ${text(i)}}]
`
  }).join('---\n')
}

test('what entities say is shown as text, and runs nowhere', async ({ page, portals, request }) => {
  test.setTimeout(240_000) // it opens forty pages
  const file = join(portals.watched, 'hostile.yaml')
  const dialogs: string[] = []
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.message())
    void dialog.dismiss()
  })
  writeFileSync(file, hostileFile())
  try {
    const last = `/api/catalog/entities/by-name/template/default/hostile-${String(PAYLOADS.length - 1)}`
    await expect
      .poll(async () => (await request.get(last, { headers: { 'Sec-Fetch-Site': 'same-origin' } })).status(), {
        timeout: 60_000,
      })
      .toBe(200)
    const paths = ['/catalog?kind=template', '/operate/sources', '/operate/problems']
    for (const i of PAYLOADS.keys()) {
      const at = `/catalog/default/template/hostile-${String(i)}`
      paths.push(at, `${at}/history`, `${at}/source`)
    }
    for (const [i, payload] of PAYLOADS.entries()) {
      if (i % 4 === 0) paths.push(`/catalog?kind=template&q=${encodeURIComponent(payload)}`)
    }
    for (const path of paths) {
      await page.goto(path)
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
      await expect(page.locator('[aria-busy=true]')).toHaveCount(0)
      const found = await page.evaluate(() => ({
        ran: 'wall' in window,
        links: [...document.querySelectorAll('[href], [src], [action], [formaction], [srcdoc]')]
          .flatMap((e) => ['href', 'src', 'action', 'formaction', 'srcdoc'].map((name) => e.getAttribute(name) ?? ''))
          .filter((to) => /^[\s\p{Cc}]*(?:java|vb|data:text)|^\/\/|<script/iu.test(to)),
        handlers: [...document.querySelectorAll('*')]
          .flatMap((e) => e.getAttributeNames())
          .filter((name) => name.startsWith('on')),
        foreign: document.querySelectorAll('iframe, object, embed, img[src="x"], math, base[href]').length,
        scripts: [...document.scripts].filter((s) => s.text.includes('wall') || s.src.includes('evil')).length,
      }))
      expect(found, path).toEqual({ ran: false, links: [], handlers: [], foreign: 0, scripts: 0 })
    }
    // It is there, as what it is: text.
    await page.goto('/catalog/default/template/hostile-0')
    await expect(page.getByText(PAYLOADS[0] ?? '').first()).toBeVisible()
    expect(dialogs).toEqual([])
  } finally {
    rmSync(file)
  }
})

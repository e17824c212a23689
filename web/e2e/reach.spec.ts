import { everyPage, open, withoutFailures } from './every-page.ts'
import { expect, test } from './fixtures.ts'
import { hindrances, lostInForcedColours, spaced } from './reach.ts'

// A window of 1,280 px at 400 % is 320 px wide. Motion is reduced and colours are forced, as some of those have it who zoom.
test.use({
  viewport: { width: 320, height: 640 },
  contextOptions: { reducedMotion: 'reduce', forcedColors: 'active' },
})

for (const one of everyPage) {
  test(`${one.name} is within reach`, async ({ page, portals, quiet }) => {
    await open(page, one, portals)
    expect.soft(await hindrances(page)).toEqual([])
    expect.soft(await lostInForcedColours(page)).toEqual([])
    await spaced(page)
    expect(await hindrances(page), 'with text spaced apart').toEqual([])
    withoutFailures(one, quiet)
  })
}

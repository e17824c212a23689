import type { Page } from './fixtures.ts'

/** What hinders on the page that stands open, in words; what is drawn is asked of the browser. */
export function hindrances(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = []
    const all = (selector: string) => [...document.querySelectorAll<HTMLElement>(selector)]
    const shown = (el: Element) => el.checkVisibility({ visibilityProperty: true, opacityProperty: true })
    const named = (el: Element) =>
      `${el.tagName.toLowerCase()}.${el.className.toString().split(' ')[0] ?? ''} “${(el.getAttribute('aria-label') ?? el.textContent).trim().slice(0, 40)}”`

    // Reflow: the page itself goes down alone.
    const { scrollWidth, clientWidth } = document.documentElement
    if (scrollWidth > clientWidth) {
      const widest = all('main *, header *').filter((el) => {
        const { right } = el.getBoundingClientRect()
        return shown(el) && right > clientWidth + 1 && scrollerOf(el) === null
      })
      found.push(`it scrolls sideways, ${String(scrollWidth)} px: ${widest.slice(0, 3).map(named).join(', ')}`)
    }
    function scrollerOf(el: Element): Element | null {
      for (let at = el.parentElement; at; at = at.parentElement)
        if (at !== document.body && /auto|scroll|hidden|clip/.test(getComputedStyle(at).overflowX)) return at
      return null
    }

    // The outline that a screen reader walks.
    const headings = all('h1, h2, h3, h4, h5, h6, [role=heading]').filter(shown)
    const level = (el: Element) => Number(el.getAttribute('aria-level') ?? el.tagName[1])
    const first = headings.filter((el) => level(el) === 1)
    if (first.length !== 1) found.push(`${String(first.length)} headings of level 1: ${first.map(named).join(', ')}`)
    headings.forEach((el, i) => {
      const before = headings[i - 1]
      if (level(el) > (before ? level(before) : 1) + 1)
        found.push(`level ${String(level(el))} follows ${before ? String(level(before)) : 'nothing'}: ${named(el)}`)
    })
    const mains = all('main, [role=main]').filter(shown)
    if (mains.length !== 1) found.push(`${String(mains.length)} main`)
    const landmarks = all('nav, aside, [role=navigation], [role=complementary], [role=search]').filter(shown)
    const names = landmarks.map((el) => {
      const by = el
        .getAttribute('aria-labelledby')
        ?.split(' ')
        .map((id) => document.getElementById(id)?.textContent)
      return `${el.getAttribute('role') ?? el.tagName.toLowerCase()} ${el.getAttribute('aria-label') ?? by?.join(' ') ?? ''}`.trim()
    })
    for (const name of new Set(names)) {
      if (!name.includes(' ')) found.push(`a landmark has no name: ${name}`)
      if (names.filter((n) => n === name).length > 1) found.push(`landmarks share a name: ${name}`)
    }
    return found
  })
}

/** With the colours forced: where focus does not show, and what is chosen or on and looks like what is not. */
export async function lostInForcedColours(page: Page): Promise<string[]> {
  await page.keyboard.press('Tab') // from here on, focus is a keyboard's
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
  return page.evaluate(() => {
    const found: string[] = []
    const all = (selector: string) => [...document.querySelectorAll<HTMLElement>(selector)]
    const shown = (el: Element) => el.checkVisibility({ visibilityProperty: true, opacityProperty: true })
    const named = (el: Element) =>
      `${el.tagName.toLowerCase()}.${el.className.toString().split(' ')[0] ?? ''} “${(el.getAttribute('aria-label') ?? el.textContent).trim().slice(0, 40)}”`
    // Colours are left out on purpose, but for those of the forced scheme that mean something.
    const look = (el: Element) => {
      const boxes = [el, ...el.querySelectorAll('svg, span, i, b')].slice(0, 12)
      const of = (box: Element, pseudo?: string) => {
        const s = getComputedStyle(box, pseudo)
        return [
          s.content,
          s.transform,
          s.fontWeight,
          s.textDecorationLine,
          s.outlineStyle === 'none' ? '' : s.outlineWidth + s.outlineColor,
          ...(['Top', 'Right', 'Bottom', 'Left'] as const).map((side) =>
            s[`border${side}Style`] === 'none' ? '' : s[`border${side}Width`] + s[`border${side}Color`],
          ),
          s.display === 'none' ? '' : s.width === 'auto' ? '' : pseudo ? s.width + s.height : '',
          s.backgroundColor,
          s.forcedColorAdjust,
        ].join('|')
      }
      return boxes.map((box) => [of(box), of(box, '::before'), of(box, '::after')].join('/')).join('\n')
    }

    const focusable = all('a[href], button, input, select, textarea, [tabindex]').filter(
      (el) => shown(el) && el.tabIndex >= 0 && !el.hasAttribute('disabled'),
    )
    const kinds = new Map(focusable.map((el) => [`${el.tagName} ${el.className} ${el.getAttribute('role') ?? ''}`, el]))
    for (const el of kinds.values()) {
      const around = [el, el.parentElement, el.closest('label'), el.closest('[role=row], tr')].filter(
        (one) => one !== null,
      )
      const before = around.map(look)
      el.focus()
      if (document.activeElement !== el) continue
      if (around.every((one, i) => look(one) === before[i])) found.push(`focus does not show: ${named(el)}`)
      el.blur()
    }

    const on = '[aria-current]:not([aria-current=false]), [aria-selected=true], [aria-pressed=true]'
    for (const el of all(on).filter(shown)) {
      const attribute = ['aria-current', 'aria-selected', 'aria-pressed'].find((name) => el.hasAttribute(name)) ?? ''
      const others = [
        ...(el.closest('nav, ul, ol, [role=tablist], [role=group], tbody, p, div')?.querySelectorAll(el.tagName) ?? []),
      ]
      const off = others.find(
        (other) =>
          shown(other) && ['false', null].includes(other.getAttribute(attribute)) && other.className === el.className,
      )
      if (off && look(off) === look(el)) found.push(`looks as if it were not ${attribute}: ${named(el)}`)
    }
    return found
  })
}

/** The spacing of text that readers may ask of their browser (WCAG 1.4.12). */
export function spaced(page: Page): Promise<void> {
  return page.evaluate(() => {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(
      '* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important } p { margin-bottom: 2em !important }',
    )
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet]
  })
}

import { kindPath } from '../../ui/glyphs.tsx'
import { carries, type Box, type Drawing, type Wire } from './fold.ts'
import { bounds, NODE, pathsOf, type Placed } from './layout.ts'

/** Colours as `#rrggbb`, for programs that know no other. */
export interface Palette {
  surface: string
  ground: string
  lineStrong: string
  lineControl: string
  wire: string
  text: string
  text3: string
  bad: string
  kind: (kind: string) => string
}

export interface Picture {
  drawing: Drawing
  placed: Placed
  roots: string[]
  hot?: Set<string> | undefined
  palette: Palette
  /** What stands on a box, in one or two lines. */
  words: (box: Box) => [string, string]
  systemName: (system: string) => string
  /** Width of a text at a size, as the font that is named in the picture has it. */
  measure: (text: string, size: number, weight: number) => number
  title: string
}

export const FONT = "Inter, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif"
const MARGIN = 24

/** The graph as a picture of its own: plain SVG with colours written out, which opens wherever SVG does. */
export function svgOf(picture: Picture): { svg: string; width: number; height: number } {
  const { placed, palette: p, drawing, title } = picture
  const all = bounds(placed)
  const width = Math.ceil(all.width + 2 * MARGIN)
  const height = Math.ceil(all.height + 2 * MARGIN)
  const paths = pathsOf(drawing, placed)
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${n(width)}" height="${n(height)}" viewBox="${n(all.x - MARGIN)} ${n(all.y - MARGIN)} ${n(width)} ${n(height)}" font-family="${text(FONT)}">`,
    `<title>${text(title)}</title>`,
    '<defs>',
    head('need', p.wire),
    head('belong', p.lineControl),
    head('provide', p.kind('api')),
    head('hot', p.bad),
    '</defs>',
    `<rect x="${n(all.x - MARGIN)}" y="${n(all.y - MARGIN)}" width="${n(width)}" height="${n(height)}" fill="${p.ground}"/>`,
    ...[...placed.regions].map(
      ([system, r]) =>
        `<rect x="${n(r.x)}" y="${n(r.y)}" width="${n(r.width)}" height="${n(r.height)}" rx="12" fill="${p.surface}" fill-opacity="0.45" stroke="${p.lineStrong}"/>` +
        glyph('system', r.x + 12, r.y + 8, 14, p) +
        `<text x="${n(r.x + 32)}" y="${n(r.y + 19)}" font-size="12" fill="${p.text3}">${text(picture.systemName(system))}</text>`,
    ),
    ...drawing.wires.map((wire) => line(wire, paths.get(wire.id) ?? '', picture)),
    ...drawing.boxes.map((box) => card(box, picture)),
    '</svg>',
  ]
  return { svg: parts.join('\n'), width, height }
}

function head(id: string, colour: string): string {
  return `<marker id="${id}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="5" markerHeight="5" orient="auto"><path d="M1.5 1.2l5.5 2.8-5.5 2.8" fill="none" stroke="${colour}" stroke-width="1.6"/></marker>`
}

function line(wire: Wire, d: string, { palette: p, hot }: Picture): string {
  const red = hot !== undefined && carries(wire, hot)
  const colour = red ? p.bad : { need: p.wire, call: p.wire, provide: p.kind('api'), belong: p.lineControl }[wire.look]
  const dash = wire.look === 'call' ? ' stroke-dasharray="4 3"' : ''
  const end = red ? 'hot' : wire.look === 'call' ? 'need' : wire.look
  return `<path d="${d}" fill="none" stroke="${colour}" stroke-width="${red ? '2' : '1.5'}"${dash} marker-end="url(#${end})"/>`
}

function card(box: Box, picture: Picture): string {
  const { placed, palette: p, roots, words, measure, hot } = picture
  const at = placed.at.get(box.id)
  if (!at) return ''
  const { x, y } = at
  const root = roots.includes(box.id)
  const gone = box.node !== undefined && !box.node.found
  const fold = box.members.length > 0
  const kind = fold && !box.bunch ? 'system' : box.ref.slice(0, box.ref.indexOf(':'))
  const edge = root ? p.text : gone ? p.lineControl : p.lineStrong
  const rect = (dx: number) =>
    `<rect x="${n(x + dx)}" y="${n(y + dx)}" width="${n(NODE.width)}" height="${n(NODE.height)}" rx="8" fill="${gone ? p.ground : p.surface}" stroke="${edge}" stroke-width="${root ? '2' : '1'}"${gone ? ' stroke-dasharray="4 3"' : ''}/>`
  const [first, second] = words(box)
  const room = NODE.width - 37 - 10
  // Where a failure is marked, what does not feel it is left out on purpose.
  const more = fold ? box.members.length : hot ? 0 : (box.node?.more ?? 0)
  return [
    fold ? rect(3) : '',
    rect(0),
    `<rect x="${n(x + 9)}" y="${n(y + 13)}" width="20" height="20" rx="5" fill="${p.kind(kind)}" fill-opacity="0.12"/>`,
    glyph(kind, x + 12.5, y + 16.5, 13, p),
    `<text x="${n(x + 37)}" y="${n(second ? y + 20 : y + 27)}" font-size="13" font-weight="520" fill="${gone ? p.text3 : p.text}">${text(cut(first, room, (t) => measure(t, 13, 520)))}</text>`,
    second
      ? `<text x="${n(x + 37)}" y="${n(y + 34)}" font-size="11" fill="${p.text3}">${text(cut(second, room, (t) => measure(t, 11, 420)))}</text>`
      : '',
    more > 0 ? badge(x - 9, y - 9, `+${String(more)}`, p) : '',
  ].join('')
}

function badge(x: number, y: number, words: string, p: Palette): string {
  const width = Math.max(24, 10 + words.length * 7)
  return (
    `<rect x="${n(x)}" y="${n(y)}" width="${n(width)}" height="18" rx="9" fill="${p.surface}" stroke="${p.lineControl}"/>` +
    `<text x="${n(x + width / 2)}" y="${n(y + 13)}" font-size="11" text-anchor="middle" fill="${p.text3}">${words}</text>`
  )
}

function glyph(kind: string, x: number, y: number, size: number, p: Palette): string {
  return `<path transform="translate(${n(x)} ${n(y)}) scale(${n(size / 16)})" d="${kindPath(kind)}" fill="none" stroke="${p.kind(kind)}" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round"/>`
}

/** As much of a text as has room, with an ellipsis where some is missing. */
export function cut(words: string, room: number, width: (text: string) => number): string {
  if (width(words) <= room) return words
  const letters = [...words]
  while (letters.length > 1 && width(`${letters.join('')}…`) > room) letters.pop()
  return `${letters.join('').trimEnd()}…`
}

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** A text that cannot become markup; XML knows no control characters. */
export function text(words: string): string {
  return words.replace(/\p{Cc}|[\ufffe\uffff]/gu, ' ').replace(/[&<>"]/g, (c) => escapes[c] ?? '')
}

const n = (value: number) => String(Math.round(value * 100) / 100)

// Computes WCAG 2.2 contrast of every text and shape pair that tokens.css puts together, in both themes.
// node contrast.mjs  → prints a table, exits 1 when a pair is below its floor. No dependencies.
import { readFileSync } from 'node:fs'
const css = readFileSync(new URL('../src/ui/tokens.css', import.meta.url), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '')
const blocks = [...css.matchAll(/([^{}]+)\{([^{}]*)\}/g)].map(m => [m[1].trim(), m[2]])
const decls = s => Object.fromEntries([...s.matchAll(/(--[\w-]+):\s*([^;]+);/g)].map(m => [m[1], m[2].trim()]))
const base = {}, light = {}, dark = {}
for (const [sel, body] of blocks) {
  if (sel === ':root') Object.assign(base, base['--font-ui'] ? {} : decls(body))
  else if (sel.startsWith(':root, [data-theme="light"]') && !light['--n-0']) Object.assign(light, decls(body))
  else if (sel.startsWith('[data-theme="dark"]') && !dark['--n-0']) Object.assign(dark, decls(body))
}
const parse = v => { const m = v.match(/oklch\(\s*([\d.]+)\s+([\d.]+)\s+([\d.]+)(?:\s*\/\s*([\d.]+))?\s*\)/); return m && { L: +m[1], C: +m[2], h: +m[3], a: m[4] ? +m[4] : 1 } }
function lin({ L, C, h }) {
  const A = C * Math.cos(h * Math.PI / 180), B = C * Math.sin(h * Math.PI / 180)
  const l = (L + .3963377774 * A + .2158037573 * B) ** 3, m = (L - .1055613458 * A - .0638541728 * B) ** 3, s = (L - .0894841775 * A - 1.291485548 * B) ** 3
  return [4.0767416621 * l - 3.3077115913 * m + .2309699292 * s, -1.2684380046 * l + 2.6097574011 * m - .3413193965 * s, -.0041960863 * l - .7034186147 * m + 1.707614701 * s].map(x => Math.min(1, Math.max(0, x)))
}
const enc = x => x <= .0031308 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - .055, dec = x => x <= .04045 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4
const lum = rgb => .2126 * dec(rgb[0]) + .7152 * dec(rgb[1]) + .0722 * dec(rgb[2])
const over = (top, a, under) => top.map((c, i) => c * a + under[i] * (1 - a))
const theme = t => { const all = { ...base, ...t }; const get = (n, under) => { let v = all[n]; while (/^var\(/.test(v)) v = all[v.slice(4, -1)]; const p = parse(v); if (!p) throw Error(n + ' = ' + v); const rgb = lin(p).map(enc); return p.a < 1 ? over(rgb, p.a, under) : rgb }; get.raw = all; return get }
const ratio = (a, b) => { const [x, y] = [lum(a), lum(b)].sort((p, q) => q - p); return (x + .05) / (y + .05) }
const kinds = ['component', 'api', 'resource', 'system', 'domain', 'group', 'user', 'template', 'location', 'docs', 'plugin']
const T = 4.5, S = 3 // text, shapes and control edges
const pairs = []
for (const bg of ['--canvas', '--surface', '--surface-2', '--raised']) for (const fg of ['--text', '--text-2', '--text-3', '--brand-text']) pairs.push([fg, bg, T])
for (const bg of ['--hover', '--selected', '--active']) for (const fg of ['--text', '--text-2', '--text-3', '--brand-text']) pairs.push([fg, bg, T, '--surface'])
for (const fg of ['--text', '--text-2', '--brand-text']) pairs.push([fg, '--selected', T, '--raised'])
for (const bg of ['--hover', '--active']) for (const fg of ['--text', '--text-2']) pairs.push([fg, bg, T, '--canvas'])
for (const s of ['ok', 'warn', 'bad', 'unknown', 'info']) { pairs.push([`--${s}-text`, `--${s}-soft`, T], [`--${s}-text`, '--surface', T], [`--${s}-text`, '--surface-2', T], [`--${s}`, '--surface', S], [`--${s}`, `--${s}-soft`, S]) ; pairs.push(['--text', `--${s}-soft`, T], ['--text-2', `--${s}-soft`, T]) }
pairs.push(['--on-brand', '--brand', T], ['--on-brand', '--brand-hover', T], ['--on-ink', '--ink', T], ['--brand-text', '--brand-soft', T], ['--brand-text', '--brand-soft-2', T], ['--text', '--brand-soft', T], ['--text-2', '--brand-soft', T])
for (const bg of ['--canvas', '--surface', '--surface-2']) pairs.push(['--line-control', bg, S], ['--focus', bg, S])
for (const c of ['key', 'str', 'num', 'com', 'fn']) pairs.push([`--code-${c}`, '--surface-2', T])
for (let i = 1; i < 6; i++) pairs.push([`--c-${i}`, '--surface', i === 2 || i === 5 ? 0 : S]) // 2 and 5 carry a darker outline and direct labels
// The lines of graphs and their heads, as their styles draw them, on the ground and on the regions, which are surface over it.
const drawn = readFileSync(new URL('../src/features/graph/canvas.module.css', import.meta.url), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '')
const styleOf = c => [...drawn.matchAll(/([^{}]+)\{([^{}]*)\}/g)].filter(([, sel]) => sel.split(',').some(s => s.trim() === '.' + c)).reduce((o, [, , body]) => ({ ...o, ...Object.fromEntries([...body.matchAll(/([\w-]+):\s*([^;]+);/g)].map(m => [m[1], m[2].trim()])) }), {})
const wires = ['wire', 'call', 'provide', 'belong', 'hot', 'chosen', 'faintWire', 'head-need', 'head-belong', 'head-provide', 'head-hot'].map(c => { const own = styleOf(c); if (c !== 'call' && !own.stroke) throw Error('no line is drawn as ' + c); const all = /^head/.test(c) ? own : { ...styleOf('wire'), ...own }; return [c, all.stroke.slice(4, -1), Number(all.opacity ?? 1)] })
const veil = parseFloat(/\.region \{[^}]*--surface\) ([\d.]+)%/.exec(drawn)?.[1] ?? NaN) / 100
let bad = 0, worst = {}
for (const [name, t] of [['light', light], ['dark', dark]]) {
  const g = theme(t)
  const rows = pairs.map(([f, b, min, under]) => { const bgc = g(b, under && g(under)); const r = ratio(g(f, bgc), bgc); return [f, b + (under ? ' on ' + under : ''), r, min] })
  for (const k of kinds) { const c = g('--k-' + k), s = parseFloat(g.raw['--kind-soft']) / 100, tile = over(c, s, g('--surface')); rows.push(['--k-' + k, 'its tile', ratio(c, tile), S]) }
  const ground = g('--surface-2'), region = over(g('--surface'), veil, ground)
  for (const [c, token, opacity] of wires) for (const [where, bg] of [['the ground', ground], ['a region', region]]) rows.push([`.${c} (${token})`, where, ratio(over(g(token), opacity, bg), bg), S])
  for (const r of rows) if (!(r[2] >= r[3])) { bad++; console.log('FAIL', name, r[0], 'on', r[1], r[2].toFixed(2), '<', r[3]) }
  rows.sort((a, b) => a[2] / (a[3] || 1) - b[2] / (b[3] || 1)); worst[name] = rows
  console.log(`${name}: ${rows.length} pairs, tightest:`); for (const r of rows.filter(r => r[3]).slice(0, 8)) console.log('  ', r[0].padEnd(16), 'on', r[1].padEnd(26), r[2].toFixed(2), '≥', r[3])
}
process.exit(bad ? 1 : 0)

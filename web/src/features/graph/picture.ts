import { FONT, svgOf, type Palette, type Picture } from './svg.ts'

/** The largest side of a bitmap that every browser draws. */
const LARGEST = 8192
const FINE = 2

/** Saves the graph as a file. */
export async function savePicture(
  format: 'svg' | 'png',
  name: string,
  picture: Omit<Picture, 'palette' | 'measure'>,
): Promise<void> {
  const { svg, width, height } = svgOf({ ...picture, palette: palette(), measure: measure() })
  const blob = format === 'svg' ? new Blob([svg], { type: 'image/svg+xml' }) : await bitmap(svg, width, height)
  save(blob, `${name}.${format}`)
}

function save(blob: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  // The browser has begun to read it when the click returns, but not ended.
  setTimeout(() => {
    URL.revokeObjectURL(link.href)
  }, 10_000)
}

async function bitmap(svg: string, width: number, height: number): Promise<Blob> {
  const image = new Image()
  // The policy of the pages allows pictures of the page itself and of data, not of blobs.
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`
  await image.decode()
  const scale = Math.min(FINE, LARGEST / Math.max(width, height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.floor(width * scale))
  canvas.height = Math.max(1, Math.floor(height * scale))
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height)
  return new Promise((done, failed) => {
    canvas.toBlob((blob) => {
      if (blob) done(blob)
      else failed(new Error('the browser drew no picture'))
    }, 'image/png')
  })
}

/** The tokens of the theme that is shown, as colours that every program reads. */
function palette(): Palette {
  const style = getComputedStyle(document.documentElement)
  const context = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })
  const colour = (token: string): string => {
    if (!context) return ''
    context.clearRect(0, 0, 1, 1)
    context.fillStyle = resolved(style, token)
    context.fillRect(0, 0, 1, 1)
    const [r = 0, g = 0, b = 0] = context.getImageData(0, 0, 1, 1).data
    return `#${[r, g, b].map((part) => part.toString(16).padStart(2, '0')).join('')}`
  }
  const known = ['component', 'api', 'resource', 'system', 'domain', 'group', 'user', 'template', 'location']
  const kinds = new Map([...known, 'plugin'].map((kind) => [kind, colour(`--k-${kind}`)]))
  return {
    surface: colour('--surface'),
    ground: colour('--surface-2'),
    lineStrong: colour('--line-strong'),
    lineControl: colour('--line-control'),
    wire: colour('--wire'),
    text: colour('--text'),
    text3: colour('--text-3'),
    bad: colour('--bad'),
    kind: (kind) => kinds.get(kind) ?? kinds.get('plugin') ?? '',
  }
}

function resolved(style: CSSStyleDeclaration, token: string): string {
  const value = style.getPropertyValue(token).trim()
  const other = /^var\((--[\w-]+)\)$/.exec(value)?.[1]
  return other ? resolved(style, other) : value
}

function measure(): Picture['measure'] {
  const context = new OffscreenCanvas(1, 1).getContext('2d')
  return (text, size, weight) => {
    if (!context) return text.length * size * 0.6
    // The picture is read without the fonts of the page; what a system has is as wide as this.
    context.font = `${String(weight)} ${String(size)}px ${FONT}`
    return context.measureText(text).width
  }
}

import { kindWords } from '../lib/words.ts'
import { hasGlyph, kindPath } from './glyphs.tsx'
import css from './kind-glyph.module.css'

interface Props {
  kind: string
  /** 40 px in page headers, 20 px in lists, 16 px without its tile where it is dense. */
  size?: 'large' | 'normal' | 'bare'
}

/** The square of a kind. Beside it always stands the name, so it is decoration to a screen reader. */
export function KindGlyph({ kind, size = 'normal' }: Props) {
  const key = kind.toLowerCase()
  const shape = size === 'normal' ? '' : css[size]
  return (
    <span
      className={`${css['kind'] ?? ''} ${css[hasGlyph(key) ? key : 'plugin'] ?? ''} ${shape ?? ''}`}
      title={kindWords(key).one}
    >
      <svg
        viewBox="0 0 16 16"
        fill="none"
        stroke="currentColor"
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
      >
        <path d={kindPath(key)} />
      </svg>
    </span>
  )
}

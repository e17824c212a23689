import { Check, Copy } from 'lucide-react'
import { Fragment, useState, type ReactNode } from 'react'
import { copyText } from '../lib/clipboard.ts'
import { IconButton } from './button.tsx'
import { yamlPieces } from './highlight.ts'
import { Icon } from './icon.tsx'
import css from './code-block.module.css'

export interface LineMark {
  /** Line in the file, counted as `firstLine` is. */
  line: number
  level: 'error' | 'warning'
  message: ReactNode
}

interface Props {
  code: string
  language: 'yaml' | 'plain'
  /** What it is, for a screen reader. */
  name: string
  firstLine?: number
  marks?: LineMark[]
  /** Scrolls inside a limited height instead of growing. */
  tall?: boolean
  copy?: boolean
}

/** Colouring costs an element a piece: above this many lines the text stays plain. */
const COLOURED = 2_000

/** Text of a file with line numbers; problems stand under their lines. */
export function CodeBlock({ code, language, name, firstLine = 1, marks = [], tall = false, copy = true }: Props) {
  const lines = code.replace(/\n$/, '').split('\n')
  const coloured = language === 'yaml' && lines.length <= COLOURED
  return (
    <div className={css['block']}>
      <pre
        className={`${css['scroll'] ?? ''} ${tall ? (css['tall'] ?? '') : ''}`}
        // A region that scrolls must be reachable by keyboard.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        role="region"
        aria-label={name}
      >
        <code className={css['code']}>
          {lines.map((line, i) => {
            const number = firstLine + i
            const here = marks.filter((m) => m.line === number)
            return (
              <Fragment key={number}>
                <span className={lineClass(here)} data-n={number}>
                  {here.length > 0 ? <Marked line={line} /> : coloured ? <Coloured line={line} /> : line}
                  {'\n'}
                </span>
                {here.map((mark, n) => (
                  <span
                    key={n}
                    className={`${css['message'] ?? ''} ${mark.level === 'warning' ? (css['soft'] ?? '') : ''}`}
                  >
                    {mark.message}
                  </span>
                ))}
              </Fragment>
            )
          })}
        </code>
      </pre>
      {copy && <CopyButton code={code} name={name} />}
    </div>
  )
}

function lineClass(marks: LineMark[]): string {
  const tone = marks.some((m) => m.level === 'error') ? css['marked'] : marks.length > 0 ? css['warned'] : ''
  return `${css['line'] ?? ''} ${tone ?? ''}`
}

function Coloured({ line }: { line: string }) {
  return yamlPieces(line).map((piece, i) => (
    <span key={i} className={piece.type ? css[piece.type] : undefined}>
      {piece.text}
    </span>
  ))
}

function Marked({ line }: { line: string }) {
  const indent = /^\s*/.exec(line)?.[0] ?? ''
  return (
    <>
      {indent}
      <span className={css['wrong']}>{line.slice(indent.length)}</span>
    </>
  )
}

function CopyButton({ code, name }: { code: string; name: string }) {
  const [done, setDone] = useState(false)
  const onCopy = async () => {
    setDone(await copyText(code))
    setTimeout(() => {
      setDone(false)
    }, 2000)
  }
  return (
    <span className={css['copy']}>
      <IconButton label={done ? 'Copied' : `Copy the ${name}`} onClick={() => void onCopy()}>
        <Icon of={done ? Check : Copy} />
      </IconButton>
    </span>
  )
}

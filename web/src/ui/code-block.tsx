import { Check, Copy } from 'lucide-react'
import { Fragment, useMemo, useState, type ReactNode } from 'react'
import { copyText } from '../lib/clipboard.ts'
import { IconButton } from './button.tsx'
import { yamlBlockText, yamlPieces } from './highlight.ts'
import { Icon } from './icon.tsx'
import css from './code-block.module.css'

export interface LineMark {
  /** Line in the file, counted as `firstLine` is. */
  line: number
  /** From 1; what stands before it on the line is not marked. */
  column?: number
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
  /** Each number is a link to its line: `#L12`; with shift to the lines between, `#L12-L20`. */
  linked?: Linked
  wrap?: boolean
}

export interface Linked {
  from: number
  to: number
  onLine: (line: number, extend: boolean) => void
}

/** Colouring costs an element a piece: above this many lines the text stays plain. */
const COLOURED = 2_000

/** Text of a file with line numbers; problems stand under their lines. */
export function CodeBlock({
  code,
  language,
  name,
  firstLine = 1,
  marks = [],
  tall = false,
  copy = true,
  linked,
  wrap = false,
}: Props) {
  const lines = useMemo(() => code.replace(/\n$/, '').split('\n'), [code])
  const coloured = language === 'yaml' && lines.length <= COLOURED
  const blockText = useMemo(() => (coloured ? yamlBlockText(lines) : []), [coloured, lines])
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
        <code className={`${css['code'] ?? ''} ${wrap ? (css['wrap'] ?? '') : ''}`}>
          {lines.map((line, i) => {
            const number = firstLine + i
            const here = marks.filter((m) => m.line === number)
            const meant = linked !== undefined && number >= linked.from && number <= linked.to
            return (
              <Fragment key={number}>
                <span
                  id={linked && `L${String(number)}`}
                  className={`${lineClass(here)} ${meant ? (css['meant'] ?? '') : ''}`}
                  data-n={linked ? undefined : number}
                >
                  {linked && <LineNumber line={number} linked={linked} />}
                  {here.length > 0 ? (
                    <Marked line={line} column={Math.min(...here.map((m) => m.column ?? 1))} />
                  ) : coloured ? (
                    <Coloured line={line} text={blockText[i] === true} />
                  ) : (
                    line
                  )}
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
      {copy && (
        <span className={css['copy']}>
          <CopyButton code={code} name={name} />
        </span>
      )}
    </div>
  )
}

function lineClass(marks: LineMark[]): string {
  const tone = marks.some((m) => m.level === 'error') ? css['marked'] : marks.length > 0 ? css['warned'] : ''
  return `${css['line'] ?? ''} ${tone ?? ''}`
}

function Coloured({ line, text }: { line: string; text: boolean }) {
  return yamlPieces(line, text).map((piece, i) => (
    <span key={i} className={piece.type ? css[piece.type] : undefined}>
      {piece.text}
    </span>
  ))
}

function LineNumber({ line, linked }: { line: number; linked: Linked }) {
  return (
    <a
      className={css['no']}
      href={`#L${String(line)}`}
      aria-label={`Line ${String(line)}`}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey) return
        event.preventDefault()
        linked.onLine(line, event.shiftKey)
      }}
    >
      {line}
    </a>
  )
}

function Marked({ line, column }: { line: string; column: number }) {
  const indent = /^\s*/.exec(line)?.[0].length ?? 0
  const at = column > indent && column <= line.length ? column - 1 : indent
  return (
    <>
      {line.slice(0, at)}
      <span className={css['wrong']}>{line.slice(at)}</span>
    </>
  )
}

/** For where a bar above the text has room for it. */
export function CopyButton({ code, name }: { code: string; name: string }) {
  const [done, setDone] = useState(false)
  const onCopy = async () => {
    setDone(await copyText(code))
    setTimeout(() => {
      setDone(false)
    }, 2000)
  }
  return (
    <IconButton label={done ? 'Copied' : `Copy the ${name}`} onClick={() => void onCopy()}>
      <Icon of={done ? Check : Copy} />
    </IconButton>
  )
}

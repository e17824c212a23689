import { useVirtualizer, useWindowVirtualizer, type Virtualizer } from '@tanstack/react-virtual'
import { useEffect, useLayoutEffect, useMemo, useRef, useState, type CSSProperties } from 'react'
import { usePhone } from '../../lib/widths.ts'
import { textLines } from './code-pieces.ts'
import { CodeLine } from './code.tsx'
import type { Fault, Language } from './read/model.ts'
import css from './text-view.module.css'

const LINE = 22

interface Props {
  text: string
  language: Language
  name: string
  /** Long lines go on below instead of to the right. */
  wrap: boolean
  fault?: Fault | undefined
}

/** The definition as it was written, with numbers. Only the lines in sight are in the document, however many there are. */
export function TextView({ text, ...props }: Props) {
  const phone = usePhone()
  const lines = useMemo(() => text.replace(/\r?\n$/, '').split(/\r?\n/), [text])
  const within = useMemo(() => textLines(lines, props.language), [lines, props.language])
  // Heights are remembered by line; they are others where lines wrap.
  const key = props.wrap ? 'wrapped' : 'long'
  return phone ? (
    <InPage key={key} lines={lines} within={within} {...props} />
  ) : (
    <InBox key={key} lines={lines} within={within} {...props} />
  )
}

type ViewProps = Omit<Props, 'text'> & { lines: string[]; within: ReturnType<typeof textLines> }

/** A box that scrolls, beside what else the page has. */
function InBox(props: ViewProps) {
  const box = useRef<HTMLDivElement>(null)
  // Its functions change with every scroll; nothing here keeps them.
  // eslint-disable-next-line react-hooks/incompatible-library
  const virtual = useVirtualizer({
    count: props.lines.length,
    getScrollElement: () => box.current,
    estimateSize: () => LINE,
    overscan: 20,
    initialRect: { width: 800, height: 800 },
  })
  useFault(virtual, props.fault)
  return (
    <div className={css['frame']}>
      <div
        ref={box}
        className={css['scroll']}
        // A region that scrolls must be reachable by keyboard.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        role="region"
        aria-label={props.name}
      >
        <Lines virtual={virtual} {...props} />
      </div>
    </div>
  )
}

/** On a phone the page itself scrolls: a box in it would catch the finger. */
function InPage(props: ViewProps) {
  const box = useRef<HTMLDivElement>(null)
  const [top, setTop] = useState(0)
  useLayoutEffect(() => {
    const measure = () => {
      if (box.current) setTop(box.current.getBoundingClientRect().top + window.scrollY)
    }
    measure()
    const watch = new ResizeObserver(measure)
    watch.observe(document.body)
    return () => {
      watch.disconnect()
    }
  }, [])
  const virtual = useWindowVirtualizer({
    count: props.lines.length,
    estimateSize: () => LINE,
    overscan: 20,
    scrollMargin: top,
  })
  useFault(virtual, props.fault)
  return (
    <div className={css['frame']}>
      <div
        ref={box}
        className={css['page']}
        // Long lines scroll to the side.
        tabIndex={props.wrap ? undefined : 0}
        role="region"
        aria-label={props.name}
      >
        <Lines virtual={virtual} top={top} {...props} />
      </div>
    </div>
  )
}

/** Brings the line that is wrong into sight. */
function useFault<T extends Element | Window>(virtual: Virtualizer<T, Element>, fault: Fault | undefined): void {
  const wrong = fault?.line
  useEffect(() => {
    if (wrong !== undefined) virtual.scrollToIndex(wrong - 1, { align: 'center' })
  }, [virtual, wrong])
}

interface LinesProps<T extends Element | Window> extends ViewProps {
  virtual: Virtualizer<T, Element>
  top?: number
}

function Lines<T extends Element | Window>({ virtual, top = 0, lines, within, language, wrap, fault }: LinesProps<T>) {
  const height = virtual.getTotalSize()
  const digits = `${String(String(lines.length).length)}ch`
  return (
    <div className={css['all']} style={{ height, '--digits': digits } as CSSProperties}>
      {virtual.getVirtualItems().map(({ index, start }) => (
        <div
          key={index}
          ref={wrap ? virtual.measureElement : undefined}
          data-index={index}
          className={`${css['line'] ?? ''} ${wrap ? (css['wrapped'] ?? '') : ''} ${index + 1 === fault?.line ? (css['wrong'] ?? '') : ''}`}
          style={{ top: start - top }}
          data-n={index + 1}
        >
          <CodeLine line={lines[index] ?? ''} language={language} text={within[index]} />
        </div>
      ))}
    </div>
  )
}

import { useMemo } from 'react'
import { parseMarkdown, type Inline, type MdBlock } from './markdown-parse.ts'
import css from './markdown.module.css'

/** Running text of a definition: whoever wrote it is not trusted, so nothing of it becomes more than text and plain links. */
export function Markdown({ text, small = false }: { text: string; small?: boolean }) {
  const blocks = useMemo(() => parseMarkdown(text), [text])
  return (
    <div className={`${css['text'] ?? ''} ${small ? (css['small'] ?? '') : ''}`}>
      {blocks.map((block, i) => (
        <Block key={i} block={block} />
      ))}
    </div>
  )
}

function Block({ block }: { block: MdBlock }) {
  switch (block.kind) {
    case 'code':
      return (
        // A region that scrolls must be reachable by keyboard.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <pre className={css['code']} tabIndex={0} role="region" aria-label="Example">
          {block.text}
        </pre>
      )
    case 'list': {
      const items = block.items.map((item, i) => (
        <li key={i}>
          <Pieces of={item} />
        </li>
      ))
      return block.ordered ? <ol>{items}</ol> : <ul>{items}</ul>
    }
    case 'table':
      return (
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <div className={css['scroll']} tabIndex={0} role="region" aria-label="Table">
          <table>
            <thead>
              <tr>
                {block.head.map((cell, i) => (
                  <th key={i} scope="col">
                    <Pieces of={cell} />
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {block.rows.map((row, i) => (
                <tr key={i}>
                  {row.map((cell, j) => (
                    <td key={j}>
                      <Pieces of={cell} />
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )
    case 'head':
      return (
        <p className={css['head']}>
          <Pieces of={block.inline} />
        </p>
      )
    case 'quote':
      return (
        <blockquote>
          <Pieces of={block.inline} />
        </blockquote>
      )
    default:
      return (
        <p>
          <Pieces of={block.inline} />
        </p>
      )
  }
}

function Pieces({ of }: { of: Inline[] }) {
  return of.map((piece, i) => {
    switch (piece.kind) {
      case 'code':
        return <code key={i}>{piece.text}</code>
      case 'strong':
        return <strong key={i}>{piece.text}</strong>
      case 'em':
        return <em key={i}>{piece.text}</em>
      case 'link':
        return (
          <a key={i} className="link" href={piece.href} target="_blank" rel="noreferrer noopener">
            {piece.text}
          </a>
        )
      default:
        return <span key={i}>{piece.text}</span>
    }
  })
}

import { place } from '../lib/format.ts'
import type { Problem } from '../lib/portico.ts'
import { asSentence } from '../lib/words.ts'
import { CodeBlock } from './code-block.tsx'
import { Status } from './status.tsx'
import css from './fault.module.css'

/** One thing wrong with a file: what, where, the lines with the fault marked, what to write instead. */
export function Fault({ problem }: { problem: Problem }) {
  const { excerpt, level, line, column } = problem
  const [message, remedy] = [asSentence(problem.message), asSentence(problem.remedy)]
  return (
    <div className={css['fault']}>
      <p>
        <Status shape={level === 'error' ? 'bad' : 'warn'} label={level === 'error' ? 'Error' : 'Warning'} />
        <span>
          {message}{' '}
          <span className="mono small quiet" title={problem.file}>
            {place(problem.file, line, column)}
          </span>
        </span>
      </p>
      {excerpt && excerpt.lines.length > 0 ? (
        <CodeBlock
          code={excerpt.lines.join('\n')}
          language="yaml"
          name="lines around the problem"
          firstLine={excerpt.line}
          marks={[{ line, column, level, message: remedy || message }]}
          copy={false}
        />
      ) : (
        remedy && <p className="muted">{remedy}</p>
      )}
    </div>
  )
}

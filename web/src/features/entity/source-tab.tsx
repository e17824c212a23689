import { useSuspenseQuery } from '@tanstack/react-query'
import { ArrowUpRight } from 'lucide-react'
import { place } from '../../lib/format.ts'
import type { Problem } from '../../lib/portico.ts'
import { httpUrl } from '../../lib/url.ts'
import { asSentence, count } from '../../lib/words.ts'
import { OutButton } from '../../ui/button.tsx'
import { CodeBlock } from '../../ui/code-block.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Fresh } from '../../ui/fresh.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Strip } from '../../ui/strip.tsx'
import { sourceQuery } from './api.ts'
import { useEntityRef } from './use-entity.ts'
import css from './source.module.css'

/** The file as it was last read, with what is wrong under the line where it is wrong. */
export function SourceTab() {
  const { data: source } = useSuspenseQuery(sourceQuery(useEntityRef()))
  if (!source) {
    return (
      <div className={css['empty']}>
        <EmptyState door="open" title="No file declares it">
          <p>Portico made it from what it saw in a repository, or its source keeps no text.</p>
        </EmptyState>
      </div>
    )
  }
  const problems = source.problems ?? []
  const inside = problems.filter((p) => p.line >= source.line && p.line <= source.endLine)
  const outside = problems.filter((p) => !inside.includes(p))
  const view = httpUrl(source.viewUrl)
  return (
    <div className={css['source']}>
      <div className={css['head']}>
        <p className="grow">
          <span className={`${css['file'] ?? ''} mono small`}>{source.file}</span>
          <span className="quiet small">
            lines {source.line}–{source.endLine} · read <Fresh at={source.readAt} />
            {problems.length > 0 && ` · ${count(problems.length, 'problem')}`}
          </span>
        </p>
        {view && (
          <OutButton href={view} rightSection={<Icon of={ArrowUpRight} size={14} />}>
            Open the file
          </OutButton>
        )}
      </div>
      {outside.map((problem) => (
        <Strip key={problem.id} shape={problem.level === 'error' ? 'bad' : 'warn'}>
          <Words problem={problem} />{' '}
          <span className="mono small quiet">{place(problem.file, problem.line, problem.column)}</span>
        </Strip>
      ))}
      <CodeBlock
        code={source.text}
        language="yaml"
        name="file"
        firstLine={source.line}
        marks={inside.map((p) => ({ line: p.line, level: p.level, message: <Words problem={p} /> }))}
      />
    </div>
  )
}

function Words({ problem }: { problem: Problem }) {
  return (
    <>
      {asSentence(problem.message)} {asSentence(problem.remedy)}
    </>
  )
}

import { useSuspenseQuery } from '@tanstack/react-query'
import { Link, useLocation, useNavigate, useSearch } from '@tanstack/react-router'
import { ArrowUpRight, WrapText } from 'lucide-react'
import { useEffect, useState } from 'react'
import { place } from '../../lib/format.ts'
import { page } from '../../lib/paths.ts'
import type { EntitySource, Problem } from '../../lib/portico.ts'
import { httpUrl } from '../../lib/url.ts'
import { asSentence, count, number } from '../../lib/words.ts'
import { Button, OutButton } from '../../ui/button.tsx'
import { CodeBlock, CopyButton } from '../../ui/code-block.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Fresh } from '../../ui/fresh.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Strip } from '../../ui/strip.tsx'
import { usePhone } from '../../lib/widths.ts'
import { sourceQuery } from '../../lib/source.ts'
import { hashOf, linesOfHash, type SourceSearch } from './source-search.ts'
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
  return <Source source={source} />
}

/** More lines make a page slow; who wants all of them says so. */
const MOST = 3_000

function Source({ source }: { source: EntitySource }) {
  const ref = useEntityRef()
  const { wrap }: SourceSearch = useSearch({ strict: false })
  const search: SourceSearch = wrap ? { wrap } : {}
  const narrow = usePhone()
  const wrapped = wrap ? wrap === 'yes' : narrow
  const hash = useLocation({ select: (l) => l.hash })
  const navigate = useNavigate()
  const [all, setAll] = useState(false)
  const meant = linesOfHash(hash)
  const at = page.entity(ref, 'source')

  const lines = source.text.replace(/\n$/, '').split('\n')
  const long = lines.length > MOST && !all && !(meant && meant.from >= source.line + MOST)
  const text = long ? lines.slice(0, MOST).join('\n') : source.text
  const problems = source.problems ?? []
  const inside = problems.filter((p) => p.line >= source.line && p.line <= source.endLine)
  const outside = problems.filter((p) => !inside.includes(p))
  const first = meant?.from
  useEffect(() => {
    if (first !== undefined) document.getElementById(`L${String(first)}`)?.scrollIntoView({ block: 'center' })
  }, [first])
  return (
    <div className={css['source']}>
      <Head source={source} problems={problems.length} wrap={wrapped} at={at} hash={hash} />
      {outside.map((problem) => (
        <Strip key={problem.id} shape={problem.level === 'error' ? 'bad' : 'warn'}>
          <Words problem={problem} />{' '}
          <span className="mono small quiet">{place(problem.file, problem.line, problem.column)}</span>
        </Strip>
      ))}
      {inside.length > 1 && (
        <p className={css['jumps']}>
          <span className="quiet small">{count(inside.length, 'problem')} in it:</span>
          {inside.map((problem) => (
            <Link
              key={problem.id}
              className="link small"
              to={at}
              search={search}
              hash={`L${String(problem.line)}`}
              resetScroll={false}
              title={asSentence(problem.message)}
            >
              line {problem.line}
            </Link>
          ))}
        </p>
      )}
      <CodeBlock
        code={text}
        language="yaml"
        name="file"
        firstLine={source.line}
        copy={false}
        wrap={wrapped}
        marks={inside.map((p) => ({
          line: p.line,
          column: p.column,
          level: p.level,
          message: <Words problem={p} />,
        }))}
        linked={{
          from: meant?.from ?? 0,
          to: meant?.to ?? 0,
          onLine: (line, extend) => {
            const to = hashOf(line, extend ? meant : undefined)
            void navigate({
              to: at,
              search,
              hash: to,
              resetScroll: false,
              hashScrollIntoView: false,
            })
          },
        }}
      />
      {long && (
        <p className={css['jumps']}>
          <span className="quiet small">
            The first {number(MOST)} of {number(lines.length)} lines.
          </span>
          <Button
            size="xs"
            onClick={() => {
              setAll(true)
            }}
          >
            Show all
          </Button>
        </p>
      )}
    </div>
  )
}

interface HeadProps {
  source: EntitySource
  problems: number
  wrap: boolean
  at: string
  hash: string
}

function Head({ source, problems, wrap, at, hash }: HeadProps) {
  const navigate = useNavigate()
  const view = httpUrl(source.viewUrl)
  const edit = httpUrl(source.editUrl)
  return (
    <div className={css['head']}>
      <p className="grow">
        <span className={`${css['file'] ?? ''} mono small`}>{source.file}</span>
        <span className="quiet small">
          lines {source.line}–{source.endLine} · read <Fresh at={source.readAt} />
          {problems > 0 && ` · ${count(problems, 'problem')}`}
        </span>
      </p>
      <span className={css['tools']}>
        <Button
          variant="subtle"
          leftSection={<Icon of={WrapText} size={14} />}
          onClick={() => {
            const next = { wrap: wrap ? ('no' as const) : ('yes' as const) }
            void navigate({ to: at, search: next, hash, replace: true, resetScroll: false })
          }}
        >
          {wrap ? 'Do not wrap' : 'Wrap lines'}
        </Button>
        <CopyButton code={source.text} name="file" />
      </span>
      {edit && (
        <OutButton href={edit} rightSection={<Icon of={ArrowUpRight} size={14} />}>
          Edit the file
        </OutButton>
      )}
      {view && (
        <OutButton href={view} rightSection={<Icon of={ArrowUpRight} size={14} />}>
          Open the file
        </OutButton>
      )}
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

import { useMemo, useRef, useState } from 'react'
import { useHotkeys } from '../../lib/hotkeys.ts'
import { kindWords } from '../../lib/words.ts'
import { rank } from '../finder/rank.ts'
import { Combo } from './combo.tsx'
import type { GraphNode } from './model.ts'
import { nameOf } from './words.ts'
import css from './graph.module.css'

interface Props {
  nodes: GraphNode[]
  onPick: (ref: string) => void
}

const SHOWN = 50

/** Finds an entity of the graph by a part of its name, folded or not. `/` leads here. */
export function NodeFinder({ nodes, onPick }: Props) {
  const [typed, setTyped] = useState<string>()
  const input = useRef<HTMLInputElement>(null)
  useHotkeys({ '/': () => input.current?.focus() })
  const named = useMemo(
    () => nodes.map((n) => ({ ref: n.ref, kind: n.kind, name: n.name, title: nameOf(n, n.ref) })),
    [nodes],
  )
  const words = (typed ?? '').toLowerCase().split(/\s+/).filter(Boolean)
  const found = words.length > 0 ? rank(named, words).slice(0, SHOWN) : []
  return (
    <div className={css['finder']}>
      <Combo
        quiet
        input={input}
        label="Find in the graph"
        placeholder="Find in the graph"
        typed={typed}
        onTyped={setTyped}
        options={found.map(({ ref, kind, title }) => ({ ref, kind, title, note: kindWords(kind).one }))}
        none="Nothing in this graph is called that"
        onPick={(ref) => {
          if (ref !== undefined) onPick(ref)
        }}
      />
    </div>
  )
}

import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { page } from '../../lib/paths.ts'
import { count } from '../../lib/words.ts'
import { ErrorStrip } from '../../ui/strip.tsx'
import { insideQuery } from './api.ts'
import { Canvas } from './canvas.tsx'
import { CanvasBones } from './canvas-bones.tsx'
import { drawing as draw, type Box } from './fold.ts'
import { insideOf } from './inside.ts'
import { useLayout } from './use-layout.ts'
import css from './inside-diagram.module.css'

interface Props {
  entityRef: string
  name: string
}

/** A system or a domain from within: its parts and what runs between them; what is outside stands faintly around. */
export function InsideDiagram({ entityRef, name }: Props) {
  const navigate = useNavigate()
  const { data, error, refetch } = useQuery(insideQuery(entityRef))
  const [open, setOpen] = useState<string[]>([])
  const { drawing, inside } = useMemo(() => {
    const part = data && insideOf(data, [entityRef])
    const own = entityRef.startsWith('system:') ? [entityRef] : []
    return {
      drawing: part
        ? draw(part.graph, { roots: [], open: [...own, ...open], all: true })
        : { boxes: [], wires: [], folded: 0, crowded: false },
      inside: part?.inside ?? new Set<string>(),
    }
  }, [data, entityRef, open])
  const laid = useLayout(drawing, { grouped: true, anchor: undefined, anew: 0 })
  if (error && !data)
    return (
      <div className={css['failed']}>
        <ErrorStrip
          error={error}
          what="The diagram did not load."
          kept="The list below says the same."
          onRetry={() => void refetch()}
        />
      </div>
    )
  // The list below says the same in words.
  if (data && drawing.boxes.length === 0) return null
  const outside = ({ ref, members }: Box) => !inside.has(ref) && !members.some((m) => inside.has(m.ref))
  const left = data?.omitted ?? 0
  return (
    <>
      <div className={css['frame']}>
        {laid.drawing.boxes.length === 0 && <CanvasBones />}
        {laid.drawing.boxes.length > 0 && (
          <Canvas
            plain
            drawing={laid.drawing}
            placed={laid.placed}
            roots={[]}
            label={`Diagram of ${name}. The list below says the same.`}
            selected={undefined}
            onSelect={() => undefined}
            onOpen={(box) => void navigate({ to: page.entity(box.ref) })}
            onUnfold={(system) => {
              setOpen([...open, system])
            }}
            faint={outside}
          />
        )}
      </div>
      {left > 0 && (
        <p className={`${css['left'] ?? ''} quiet small`}>
          {count(left, 'more entity is', 'more entities are')} not drawn.
        </p>
      )}
    </>
  )
}

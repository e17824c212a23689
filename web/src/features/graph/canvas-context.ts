import { createContext, type KeyboardEvent } from 'react'
import type { Box } from './fold.ts'

/** What the boxes of a canvas share. */
export interface CanvasState {
  roots: string[]
  /** The box that was clicked, or walked to. */
  selected: string | undefined
  /** The box that Tab comes to. */
  stop: string | undefined
  /** What is marked as failing with the root. */
  felt: (box: Box) => boolean
  /** Boxes that stand outside what the diagram is about. */
  faint: (box: Box) => boolean
  /** A click opens a box instead of choosing it. */
  plain: boolean
  select: (id: string) => void
  open: (box: Box) => void
  /** Loads one more step around an entity; absent where a picture is only looked at. */
  more?: ((ref: string) => void) | undefined
  unfold: (system: string) => void
  onKey: (event: KeyboardEvent, box: Box) => void
}

export const CanvasContext = createContext<CanvasState | null>(null)

import { useRowHeight } from '../../lib/density.ts'
import { usePhone } from '../../lib/widths.ts'

/** A phone's rows have two lines, as table.module.css has it. */
const PHONE = 60

/** The height of a row in pixels: the rows that are not drawn take as much. */
export function useRowSize(): number {
  const height = useRowHeight()
  return usePhone() ? PHONE : height
}

import { load, YAMLException } from 'js-yaml'
import type { Fault } from './model.ts'

/** A text that cannot be read, with the line where it goes wrong. */
export class ParseFault extends Error implements Fault {
  constructor(
    message: string,
    readonly line?: number | undefined,
  ) {
    super(message)
  }
}

/** What a viewer still takes apart. Longer ones are shown as text. */
export const LONGEST = 32 * 1024 * 1024

export function looksLikeJson(text: string): boolean {
  return /^\s*[{[]/.test(text)
}

/** Reads JSON or YAML into plain values. Throws ParseFault. */
export function parseData(text: string): unknown {
  if (text.length > LONGEST) throw new ParseFault('it is longer than 32 MB')
  if (looksLikeJson(text)) {
    try {
      return JSON.parse(text) as unknown
    } catch (fault) {
      // Flow style of YAML also begins with a brace; only what is neither is a fault. YAML knows its line.
      try {
        return parseYaml(text)
      } catch (other) {
        throw jsonFault(fault, other instanceof ParseFault ? other.line : undefined)
      }
    }
  }
  return parseYaml(text)
}

function parseYaml(text: string): unknown {
  try {
    // `json`: of two equal keys the last one counts, as everywhere else. Aliases share what they name, so they cost nothing here.
    return load(text, { json: true })
  } catch (fault) {
    if (fault instanceof YAMLException) throw new ParseFault(fault.reason, (fault.mark?.line ?? -1) + 1 || undefined)
    if (fault instanceof RangeError) throw new ParseFault('it is nested too deeply')
    throw fault
  }
}

function jsonFault(fault: unknown, line: number | undefined): ParseFault {
  if (fault instanceof RangeError) return new ParseFault('it is nested too deeply')
  const said = fault instanceof Error ? fault.message : 'it is not JSON'
  return new ParseFault(said.replace(/ in JSON at position.*$/s, '').replace(/, (\.\.\.)?".*$/s, ''), line)
}

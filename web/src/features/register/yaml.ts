import { record } from '../../lib/entity.ts'

/** A value as YAML, for a file that somebody is to write: maps, lists and plain values. */
export function yamlOf(value: unknown, indent = ''): string {
  const map = record(value)
  if (map) {
    const lines = Object.entries(map)
      .filter(([, inner]) => inner !== undefined)
      .map(([key, inner]) => `${indent}${scalar(key)}:${below(inner, `${indent}  `)}`)
    return lines.join('')
  }
  if (Array.isArray(value)) {
    return value
      .map((item) => {
        const inner = nested(item) ? yamlOf(item, `${indent}  `).slice(indent.length + 2) : `${scalar(item)}\n`
        return `${indent}- ${inner}`
      })
      .join('')
  }
  return `${indent}${scalar(value)}\n`
}

function below(value: unknown, indent: string): string {
  if (!nested(value)) return ` ${scalar(value)}\n`
  return `\n${yamlOf(value, indent)}`
}

function nested(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0
  const map = record(value)
  return map !== undefined && Object.keys(map).length > 0
}

/** What YAML would take for something else than text is quoted. */
function scalar(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value) ?? 'null'
  const plain =
    /^[A-Za-z0-9_./][\w ./@+-]*$/.test(value) &&
    !/\s$/.test(value) &&
    !/^(true|false|null|yes|no|on|off|~)$/i.test(value) &&
    !/^[\d.+-]/.test(value)
  return plain ? value : JSON.stringify(value)
}

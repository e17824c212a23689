import { record, strings, text } from '../../lib/entity.ts'

export interface TemplateField {
  name: string
  title: string
  type: string
  description: string | undefined
  required: boolean
}

export interface TemplatePage {
  title: string | undefined
  fields: TemplateField[]
}

const typeWords: Record<string, string> = {
  string: 'text',
  boolean: 'yes or no',
  integer: 'a whole number',
  number: 'a number',
  array: 'a list',
  object: 'several values',
}

/** The questions of a v1beta3 template: `parameters` is one page or a list of them. */
export function templateFields(parameters: unknown): TemplatePage[] {
  const pages = (Array.isArray(parameters) ? parameters : [parameters]).map(record).filter((p) => p !== undefined)
  return pages.map((page) => {
    const required = strings(page['required'])
    const properties = Object.entries(record(page['properties']) ?? {})
    return {
      title: text(page['title']),
      fields: properties.map(([name, schema]) => {
        const field = record(schema)
        return {
          name,
          title: text(field?.['title']) ?? name,
          type: typeWords[text(field?.['type']) ?? ''] ?? text(field?.['type']) ?? 'anything',
          description: text(field?.['description']),
          required: required.includes(name),
        }
      }),
    }
  })
}

export function templateSteps(steps: unknown): { name: string; action: string }[] {
  if (!Array.isArray(steps)) return []
  return steps
    .map(record)
    .filter((s) => s !== undefined)
    .map((step) => ({
      name: text(step['name']) ?? text(step['id']) ?? 'Step',
      action: text(step['action']) ?? '',
    }))
}

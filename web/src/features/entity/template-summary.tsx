import type { Entity } from '../../lib/entity.ts'
import { count } from '../../lib/words.ts'
import { Section } from '../../ui/section.tsx'
import { templateFields, templateSteps } from './template-parts.ts'
import css from './template-summary.module.css'

/** What a template asks and what it does. Starting it comes with golden paths. */
export function TemplateSummary({ entity }: { entity: Entity }) {
  const pages = templateFields(entity.spec?.['parameters'])
  const steps = templateSteps(entity.spec?.['steps'])
  const fields = pages.reduce((sum, p) => sum + p.fields.length, 0)
  return (
    <>
      <Section title="It asks" note={count(fields, 'question')}>
        {pages.length === 0 && <p className="muted">Nothing.</p>}
        {pages.map((page, i) => (
          <div key={i} className={css['page']}>
            {page.title && <h3>{page.title}</h3>}
            <dl className={css['fields']}>
              {page.fields.map((field) => (
                <div key={field.name}>
                  <dt>
                    {field.title} {!field.required && <span className="quiet small">optional</span>}
                  </dt>
                  <dd className="muted">{field.description ?? field.type}</dd>
                </div>
              ))}
            </dl>
          </div>
        ))}
      </Section>
      <Section title="It does" note={count(steps.length, 'step')}>
        <ol className={`${css['steps'] ?? ''} hairlines`}>
          {steps.map((step, i) => (
            <li key={i}>
              <span>{step.name}</span>
              <span className="mono small quiet cut">{step.action}</span>
            </li>
          ))}
        </ol>
      </Section>
    </>
  )
}

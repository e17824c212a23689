import { kilobytes } from '../../lib/format.ts'
import type { RequestBody } from './read/model.ts'
import css from './try-it.module.css'

interface Props {
  body: RequestBody
  text: string
  onText: (text: string) => void
  /** Of each part its text or its files; of a body that is a file, the first alone. */
  parts: (string | File[])[]
  onPart: (index: number, value: string | File[]) => void
}

/** What the body is put together of: its text, one file, or the parts of a form. */
export function BodyFields({ body, text, onText, parts, onPart }: Props) {
  if (body.parts)
    return (
      <fieldset className={css['parts']}>
        <legend className={css['label']}>
          Body <span className={css['of']}>{body.media}</span>
        </legend>
        {body.parts.map((part, i) => (
          <label key={part.name} className={css['field']}>
            <span className={css['label']}>
              <span className="mono">{part.name}</span>{' '}
              <span className={css['of']}>
                {[part.hint, part.media, part.required ? 'required' : ''].filter(Boolean).join(' · ')}
              </span>
            </span>
            {part.file ? (
              <FileInput
                files={parts[i]}
                many={part.file === 'many'}
                required={part.required}
                onFiles={(files) => {
                  onPart(i, files)
                }}
              />
            ) : part.media ? (
              <textarea
                value={textOf(parts[i])}
                rows={4}
                spellCheck={false}
                required={part.required}
                onChange={(event) => {
                  onPart(i, event.target.value)
                }}
              />
            ) : (
              <input
                type="text"
                autoComplete="off"
                spellCheck={false}
                value={textOf(parts[i])}
                required={part.required}
                onChange={(event) => {
                  onPart(i, event.target.value)
                }}
              />
            )}
          </label>
        ))}
      </fieldset>
    )
  return (
    <label className={css['field']}>
      <span className={css['label']}>
        Body{' '}
        <span className={css['of']}>
          {[body.media, body.file ? 'one file, as it is' : ''].filter(Boolean).join(' · ')}
        </span>
      </span>
      {body.file ? (
        <FileInput
          files={parts[0]}
          required={body.required}
          onFiles={(files) => {
            onPart(0, files)
          }}
        />
      ) : (
        <textarea
          value={text}
          rows={Math.min(16, Math.max(4, text.split('\n').length))}
          spellCheck={false}
          required={body.required}
          onChange={(event) => {
            onText(event.target.value)
          }}
        />
      )}
    </label>
  )
}

const textOf = (value: string | File[] | undefined): string => (typeof value === 'string' ? value : '')

interface FileInputProps {
  files: string | File[] | undefined
  many?: boolean
  required?: boolean | undefined
  onFiles: (files: File[]) => void
}

function FileInput({ files, many = false, required, onFiles }: FileInputProps) {
  const chosen = Array.isArray(files) ? files : []
  return (
    <>
      <input
        type="file"
        multiple={many}
        required={required}
        onChange={(event) => {
          onFiles([...(event.target.files ?? [])])
        }}
      />
      {chosen.length > 0 && (
        <span className={css['of']}>{kilobytes(chosen.reduce((sum, file) => sum + file.size, 0))} to send</span>
      )}
    </>
  )
}

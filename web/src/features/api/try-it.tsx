import { useMutation } from '@tanstack/react-query'
import { Send, X } from 'lucide-react'
import { Fragment, useId, useRef, useState } from 'react'
import { useSession } from '../../lib/session.ts'
import { number } from '../../lib/words.ts'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Strip } from '../../ui/strip.tsx'
import { Code } from './code.tsx'
import type { HttpRequest, Language, RequestParameter } from './read/model.ts'
import { BodyFields } from './try-body.tsx'
import {
  keptBack,
  MOST_BYTES,
  placesOf,
  prepare,
  send,
  unsendable,
  type Place,
  type Prepared,
  type Reply,
} from './try-request.ts'
import css from './try-it.module.css'

interface Props {
  entityRef: string
  request: HttpRequest
}

/** Sends the request from the reader's browser, where the portal's operator lets it; else says in a line why not. */
export function TryIt({ entityRef, request }: Props) {
  const { tryIt = [] } = useSession()
  const places = placesOf(request, entityRef, tryIt)
  const why = unsendable(request)
  return (
    <section className={css['try']} aria-label="Try it">
      <h3 className={css['title']}>Try it</h3>
      {why !== undefined || !places[0] ? (
        <p className="quiet">
          {why ?? <NotListed request={request} />} The command above can be sent from where you may.
        </p>
      ) : (
        <Form request={request} places={places} />
      )}
    </section>
  )
}

function NotListed({ request }: { request: HttpRequest }) {
  const [first] = request.servers
  return (
    <>
      This portal sends nothing to <span className="mono">{first}</span>: its operator has not listed that server for
      this API under <span className="mono">portico.apis.tryIt</span>.
    </>
  )
}

const where: Record<RequestParameter['in'], string> = {
  path: 'in the path',
  query: 'query',
  header: 'header',
  cookie: 'cookie',
}

function Form({ request, places }: { request: HttpRequest; places: Place[] }) {
  const id = useId()
  const [chosen, setChosen] = useState(0)
  const [values, setValues] = useState(() => request.parameters.map((p) => p.value))
  const [body, setBody] = useState(request.body?.text ?? '')
  const [parts, setParts] = useState<(string | File[])[]>(() => request.body?.parts?.map((p) => p.value) ?? [])
  const [wrong, setWrong] = useState<string>()
  const stop = useRef<AbortController>(null)
  const sending = useMutation({
    mutationFn: (prepared: Prepared) => {
      stop.current = new AbortController()
      return send(prepared, stop.current.signal)
    },
    // It is the reader's request to another server: nobody asks twice for them.
    retry: false,
  })
  const place = places[chosen] ?? places[0]
  if (!place) return null
  const bare = request.method === 'GET' || request.method === 'HEAD'
  return (
    <form
      className={css['form']}
      noValidate
      autoComplete="off"
      onSubmit={(event) => {
        event.preventDefault()
        const prepared = prepare(request, place, { values, body, parts })
        setWrong(typeof prepared === 'string' ? prepared : undefined)
        if (typeof prepared !== 'string' && !sending.isPending) sending.mutate(prepared)
      }}
    >
      {places.length > 1 ? (
        <label className={css['field']}>
          <span className={css['label']}>Server</span>
          <select
            value={chosen}
            onChange={(event) => {
              setChosen(Number(event.target.value))
            }}
          >
            {places.map((p, i) => (
              <option key={i} value={i}>
                {p.server}
              </option>
            ))}
          </select>
        </label>
      ) : (
        <p className="muted">
          Sent by your browser to <span className="mono">{place.server}</span>, for real, and without anything of your
          session here.
        </p>
      )}
      {request.parameters.map((parameter, i) =>
        keptBack(parameter) ? null : (
          <label key={i} className={css['field']}>
            <span className={css['label']}>
              <span className="mono">{parameter.name}</span>{' '}
              <span className={css['of']}>
                {[where[parameter.in], parameter.hint, parameter.required ? 'required' : '']
                  .filter(Boolean)
                  .join(' · ')}
              </span>
            </span>
            <input
              type={parameter.secret ? 'password' : 'text'}
              autoComplete="off"
              spellCheck={false}
              value={values[i] ?? ''}
              required={parameter.required}
              onChange={(event) => {
                setValues(values.map((v, n) => (n === i ? event.target.value : v)))
              }}
            />
          </label>
        ),
      )}
      {request.body && !bare && (
        <BodyFields
          body={request.body}
          text={body}
          onText={setBody}
          parts={parts}
          onPart={(index, value) => {
            const all = [...parts]
            all[index] = value
            setParts(all)
          }}
        />
      )}
      <NotSent parameters={request.parameters} />
      {wrong && (
        <p id={`${id}-wrong`} className={css['wrong']} role="alert">
          {wrong}
        </p>
      )}
      <p className={css['acts']}>
        <Button type="submit" aria-disabled={sending.isPending} leftSection={<Icon of={Send} size={14} />}>
          {sending.isPending ? 'Sending' : `Send ${request.method}`}
        </Button>
        {sending.isPending && (
          <Button variant="subtle" leftSection={<Icon of={X} size={14} />} onClick={() => stop.current?.abort()}>
            Stop
          </Button>
        )}
      </p>
      <div aria-live="polite" className={css['answer']}>
        {sending.isError && <NoAnswer error={sending.error} origin={place.origin} />}
        {sending.data && <Answer reply={sending.data} />}
      </div>
    </form>
  )
}

/** What the operation asks for and no page can send, and why. */
function NotSent({ parameters }: { parameters: RequestParameter[] }) {
  const named = (why: 'cookie' | 'header') => parameters.filter((p) => keptBack(p) === why).map((p) => p.name)
  const [cookies, headers] = [named('cookie'), named('header')]
  return (
    <>
      {cookies.length > 0 && (
        <p className="quiet">
          Not sent: {cookies.length === 1 ? 'the cookie' : 'the cookies'}{' '}
          <span className="mono">{cookies.join(', ')}</span>. A page sets no cookies of another server, and those that
          your browser has of it stay behind. The command can carry them.
        </p>
      )}
      {headers.length > 0 && (
        <p className="quiet">
          Your browser writes <span className="mono">{headers.join(', ')}</span> itself; no page can.
        </p>
      )}
    </>
  )
}

function NoAnswer({ error, origin }: { error: Error; origin: string }) {
  if (error.name === 'AbortError') return <p className="quiet">Stopped. The server may have done it all the same.</p>
  if (error.name === 'TimeoutError')
    return (
      <Strip shape="warn">
        <b>No answer within 30 seconds.</b> The server may still do it.
      </Strip>
    )
  return (
    <Strip shape="bad">
      <b>No answer could be read.</b> Either {origin} does not answer, or it does not let pages of{' '}
      {window.location.origin} read what it says (<span className="mono">Access-Control-Allow-Origin</span>). What was
      sent may have arrived.
    </Strip>
  )
}

function Answer({ reply }: { reply: Reply }) {
  const good = reply.status < 400
  return (
    <>
      <p className={css['status']}>
        <b className={good ? css['good'] : css['bad']}>
          {reply.status} {reply.words}
        </b>{' '}
        <span className="muted">in {number(reply.took)} ms</span>
      </p>
      {reply.headers.length > 0 && (
        <dl className={css['headers']} aria-label="Headers">
          {reply.headers.slice(0, 60).map(([name, value]) => (
            <Fragment key={name}>
              <dt className="mono">{name}</dt>
              <dd className="mono">{value}</dd>
            </Fragment>
          ))}
        </dl>
      )}
      {reply.text === undefined ? (
        <p className="quiet">The body is {reply.media}, which is not shown here.</p>
      ) : reply.text === '' ? (
        <p className="quiet">The body is empty.</p>
      ) : (
        <Code code={pretty(reply)} language={languageOf(reply.media)} name="Body of the answer" />
      )}
      {reply.cut && <p className="quiet">Cut after {number(MOST_BYTES / 1024)} KiB.</p>}
      <p className="quiet small">Headers that the server does not show to pages are not among these.</p>
    </>
  )
}

function languageOf(media: string): Language {
  if (/json/i.test(media)) return 'json'
  if (/xml|html/i.test(media)) return 'xml'
  return /yaml/i.test(media) ? 'yaml' : 'plain'
}

/** JSON on one line is for machines. */
function pretty({ text = '', media, cut }: Reply): string {
  if (cut || languageOf(media) !== 'json') return text
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}

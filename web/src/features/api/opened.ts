import type { Entry, Fault, Field, Language, Outline } from './read/model.ts'

export interface Answer {
  language: Language
  /** Absent where the text alone can be shown. */
  outline?: Outline | undefined
  fault?: Fault | undefined
}

export type Asked = { id: number } & (
  { ask: 'open'; type: string; text: string } | { ask: 'entry'; entry: string } | { ask: 'fields'; key: string }
)

export interface Told {
  id: number
  answer: unknown
}

/** A definition that was taken apart, and can be asked for its entries. */
export interface Opened extends Answer {
  entry: (id: string) => Promise<Entry | undefined>
  fields: (key: string) => Promise<Field[]>
}

/** A definition that needs longer is not worth the wait, and may be made to need forever: then its text is shown. */
const PATIENCE = 20_000

/** A worker holds its definition until another one needs the room. */
const MOST_WORKERS = 2

const alive: Reader[] = []

/** Takes a definition apart in a worker. Never fails: whatever is wrong, the text can be shown. */
export async function openDefinition(type: string, text: string): Promise<Opened> {
  const reader = new Reader(type, text)
  const answer = await reader.open()
  return {
    ...answer,
    entry: (id) => reader.ask<Entry | undefined>({ ask: 'entry', entry: id }),
    fields: (key) => reader.ask<Field[]>({ ask: 'fields', key }),
  }
}

type Question =
  { ask: 'entry'; entry: string } | { ask: 'fields'; key: string } | { ask: 'open'; type: string; text: string }

class Reader {
  private worker: Worker | undefined
  private readonly waiting = new Map<number, { done: (answer: unknown) => void; failed: (fault: Error) => void }>()
  private last = 0

  constructor(
    private readonly type: string,
    private readonly text: string,
  ) {}

  async open(): Promise<Answer> {
    try {
      return await this.send<Answer>({ ask: 'open', type: this.type, text: this.text })
    } catch (fault) {
      return {
        language: 'plain',
        fault: { message: fault instanceof Error ? fault.message : 'it could not be taken apart' },
      }
    }
  }

  /** One that had to make room takes its definition apart again. */
  async ask<T>(question: Question): Promise<T> {
    if (!this.worker) await this.open()
    return this.send<T>(question)
  }

  private send<T>(question: Question): Promise<T> {
    const worker = this.start()
    const id = ++this.last
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.stop(new Error(`it took more than ${String(PATIENCE / 1000)} seconds to take it apart`))
      }, PATIENCE)
      this.waiting.set(id, {
        done: (answer) => {
          clearTimeout(timer)
          resolve(answer as T)
        },
        failed: (fault) => {
          clearTimeout(timer)
          reject(fault)
        },
      })
      worker.postMessage({ id, ...question } satisfies Asked)
    })
  }

  private start(): Worker {
    const at = alive.indexOf(this)
    if (at >= 0) alive.splice(at, 1)
    alive.push(this)
    while (alive.length > MOST_WORKERS) alive[0]?.stop(new Error('another definition needed the room'))
    if (this.worker) return this.worker
    this.worker = new Worker(new URL('./reader-worker.ts', import.meta.url), { type: 'module' })
    this.worker.onmessage = ({ data }: MessageEvent<Told>) => {
      const question = this.waiting.get(data.id)
      this.waiting.delete(data.id)
      question?.done(data.answer)
    }
    this.worker.onerror = (event) => {
      event.preventDefault()
      this.stop(new Error('the browser could not take it apart'))
    }
    return this.worker
  }

  private stop(fault: Error): void {
    this.worker?.terminate()
    this.worker = undefined
    const at = alive.indexOf(this)
    if (at >= 0) alive.splice(at, 1)
    for (const question of this.waiting.values()) question.failed(fault)
    this.waiting.clear()
  }
}

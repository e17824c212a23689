import ELK, { type ElkNode } from 'elkjs/lib/elk-api.js'
import workerUrl from 'elkjs/lib/elk-worker.min.js?url'

type Engine = InstanceType<typeof ELK>
let engine: { elk: Engine; failed: Promise<never> } | undefined

function start(): { elk: Engine; failed: Promise<never> } {
  const worker = new Worker(workerUrl)
  const failed = new Promise<never>((_, reject) => {
    worker.addEventListener('error', () => {
      engine = undefined
      reject(new Error('the worker that lays graphs out did not start'))
    })
  })
  failed.catch(() => undefined)
  return { elk: new ELK({ algorithms: ['layered'], workerFactory: () => worker }), failed }
}

/** Starts the worker before there is something to lay out. */
export function warmUp(): void {
  engine ??= start()
}

/** So many layouts are kept, so that a graph one comes back to stands at once. */
const KEPT = 8
const laid = new Map<string, Promise<ElkNode>>()

/** Lays a graph out in a worker of its own, so that the page can be used meanwhile. One worker serves every graph of a tab. */
export function layOut(input: ElkNode): Promise<ElkNode> {
  const key = JSON.stringify(input)
  const before = laid.get(key)
  if (before) return before
  engine ??= start()
  const answer = Promise.race([engine.elk.layout(input), engine.failed])
  laid.set(key, answer)
  answer.catch(() => laid.delete(key))
  const [oldest] = laid.keys()
  if (laid.size > KEPT && oldest !== undefined) laid.delete(oldest)
  return answer
}

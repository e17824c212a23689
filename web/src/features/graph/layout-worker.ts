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

/** Lays a graph out in a worker of its own, so that the page can be used meanwhile. One worker serves every graph of a tab. */
export function layOut(input: ElkNode): Promise<ElkNode> {
  engine ??= start()
  return Promise.race([engine.elk.layout(input), engine.failed])
}

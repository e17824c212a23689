import { expect, test } from 'vitest'
import { readDefinition } from './read.ts'

function outline(text: string): string[] {
  const { reading } = readDefinition('trpc', text)
  return reading ? [...reading.outline.groups.flatMap((g) => g.items.map((i) => i.id)), ...reading.outline.notes] : []
}

const router = `import { postRouter } from './post'
// ghost: publicProcedure.query(() => 1)
const text = \`router({ ghost: publicProcedure.query(() => 1) })\`
const userRouter = t.router({
  // Finds one.
  byId: t.procedure.input(z.object({ id: z.string() })).query(({ ctx }) => ctx.db.query('select')),

  create: protectedProcedure
    .input(z.object({ name: z.string() }))
    .use(({ ctx, next }) => next(ctx.db.query('x').input(1)))
    .input(z.object({ more: z.number() }))
    .mutation(() => 1),
  onAdd: t.procedure.subscription(async function* () { yield 1 }),
  helper: (a: number) => a,
})
const list = publicProcedure
  .query(() => 1)
export const appRouter = createTRPCRouter({
  user: userRouter,
  post: postRouter,
  ...extra,
  list,
  'quoted-key': publicProcedure.query(() => 1),
  inline: { nested: publicProcedure.query(() => 'x') },
  later: lazy(() => import('./later')),
})
`

test('a router has its procedures by their paths, and says what stands elsewhere', () => {
  expect(outline(router)).toEqual([
    'query user.byId',
    'mutation user.create',
    'subscription user.onAdd',
    'query list',
    'query quoted-key',
    'query inline.nested',
    'What is below post and later stands in other files.',
  ])
})

test('what is handed to a call is not taken for the chain, nor a comment further up for the one above', () => {
  const { reading } = readDefinition('trpc', router)
  expect(reading?.entry('query user.byId')?.about).toBe('Finds one.')
  expect(reading?.entry('query list')?.about).toBeUndefined()
  expect(reading?.entry('mutation user.create')).toMatchObject({
    about: undefined,
    blocks: [{ title: 'Input', code: 'z.object({ name: z.string() })\n\nz.object({ more: z.number() })' }],
  })
})

test('what a compiler declares of one', () => {
  const declared = `export declare const appRouter: import("@trpc/server").TRPCBuiltRouter<{ ctx: object; }, import("@trpc/server").TRPCDecorateCreateRouterOptions<{
  greeting: import("@trpc/server").TRPCQueryProcedure<{ input: { name: string }; output: string; meta: object; }>;
}>>;`
  expect(outline(declared)).toEqual(['query greeting'])
})

test('text that is none shows nothing', () => {
  expect(outline('const router = useRouter(); const x = { list: db.query("a") }')).toEqual([])
  expect(outline('export interface Router { list: Query<string, number> }')).toEqual([])
})

import type { LucideIcon } from 'lucide-react'
import {
  ArrowRight,
  Braces,
  ChartNoAxesColumn,
  Columns2,
  Contrast,
  Copy,
  Database,
  FileCode,
  FilePlus,
  GitFork,
  History,
  House,
  Keyboard,
  KeyRound,
  LogIn,
  LogOut,
  Menu,
  Moon,
  Rows3,
  Star,
  Sun,
  UserRound,
  Waypoints,
} from 'lucide-react'
import { formatRef } from '../../lib/entity.ts'
import { page } from '../../lib/paths.ts'

/** Something to do, or a place to go to. */
export interface Do {
  id: string
  words: string
  /** What else somebody may call it. */
  also?: string
  icon: LucideIcon
  keys?: string[]
  to?: string
  search?: Record<string, string | string[]>
  /** What it does, where it leads nowhere. The finder closes before. */
  run?: () => void
}

/** What an action may need to know and to change. */
export interface World {
  may: (permission: string) => boolean
  signedIn: boolean
  canSignIn: boolean
  dark: boolean
  compact: boolean
  starred: (ref: string) => boolean
  singleKeys: boolean
  copyRef: (ref: string) => void
  toggleStar: (ref: string) => void
  setScheme: (scheme: 'auto' | 'light' | 'dark') => void
  setDensity: (density: 'comfortable' | 'compact') => void
  toggleColumn: () => void
  toggleSingleKeys: () => void
  showKeys: () => void
  signOut: () => void
  leave: (to: string) => void
}

/** The entity whose page a path is. */
export function entityAt(pathname: string): string | undefined {
  const [, namespace, kind, name] = /^\/catalog\/([^/]+)\/([^/]+)\/([^/]+)/.exec(pathname) ?? []
  if (!namespace || !kind || !name) return undefined
  try {
    return formatRef({
      kind: decodeURIComponent(kind),
      namespace: decodeURIComponent(namespace),
      name: decodeURIComponent(name),
    })
  } catch {
    return undefined // a % that escapes nothing
  }
}

/** What can be done with one entity; `open` leaves out what its own page is. */
export function entityActions(ref: string, world: World, open = true): Do[] {
  const starred = world.starred(ref)
  const all: (Do | false)[] = [
    open && { id: 'open', words: 'Open', icon: ArrowRight, to: page.entity(ref) },
    {
      id: 'star',
      words: starred ? 'Take its star back' : 'Star it',
      also: 'favourite',
      icon: Star,
      keys: ['s'],
      run: () => {
        world.toggleStar(ref)
      },
    },
    {
      id: 'copy',
      words: 'Copy its ref',
      also: ref,
      icon: Copy,
      keys: ['y'],
      run: () => {
        world.copyRef(ref)
      },
    },
    {
      id: 'dependencies',
      words: 'See its dependencies',
      also: 'graph uses impact breaks',
      icon: GitFork,
      to: page.entity(ref, 'dependencies'),
    },
    { id: 'history', words: 'See its history', also: 'changes log', icon: History, to: page.entity(ref, 'history') },
    { id: 'source', words: 'See its source', also: 'yaml file lines', icon: FileCode, to: page.entity(ref, 'source') },
    {
      id: 'graph',
      words: 'Explore the graph from it',
      also: 'relations',
      icon: Waypoints,
      to: page.graph,
      search: { ref: [ref] },
    },
  ]
  return all.filter((one): one is Do => one !== false)
}

/** What can be done from anywhere. */
export function globalActions(world: World): Do[] {
  const all: (Do | false)[] = [
    { id: 'home', words: 'Go home', icon: House, keys: ['g', 'h'], to: page.home },
    {
      id: 'catalog',
      words: 'Go to the catalog',
      also: 'components services list',
      icon: Menu,
      keys: ['g', 'c'],
      to: page.catalog,
    },
    {
      id: 'apis',
      words: 'Go to the APIs',
      also: 'openapi asyncapi graphql grpc',
      icon: Braces,
      keys: ['g', 'p'],
      to: page.apis,
    },
    {
      id: 'graph',
      words: 'Go to the graph',
      also: 'map relations everything',
      icon: Waypoints,
      keys: ['g', 'g'],
      to: page.graph,
    },
    world.may('catalog.location.create') && {
      id: 'register',
      words: 'Register something that exists',
      also: 'import add location new create',
      icon: FilePlus,
      keys: ['g', 'r'],
      to: page.register,
    },
    world.may('catalog.ingestion.read') && {
      id: 'sources',
      words: 'Go to the sources',
      also: 'operate ingestion',
      icon: Database,
      keys: ['g', 's'],
      to: page.sources,
    },
    world.may('catalog.ingestion.read') && {
      id: 'problems',
      words: 'Go to the problems',
      also: 'errors missing conflicts removed',
      icon: Database,
      to: page.problems,
    },
    {
      id: 'insights',
      words: 'Go to the insights',
      also: 'coverage gaps owners docs share',
      icon: ChartNoAxesColumn,
      keys: ['g', 'i'],
      to: page.insights,
    },
    world.may('portico.audit.read') && {
      id: 'audit',
      words: 'Go to the audit log',
      also: 'who did what',
      icon: History,
      keys: ['g', 'a'],
      to: page.audit,
    },
    {
      id: 'you',
      words: 'Open your settings',
      also: 'profile preferences me account',
      icon: UserRound,
      keys: ['g', 'y'],
      to: page.you,
    },
    world.signedIn && {
      id: 'tokens',
      words: 'Open your tokens',
      also: 'api key secret',
      icon: KeyRound,
      to: page.tokens,
    },
    {
      id: 'scheme',
      words: world.dark ? 'Switch to the light theme' : 'Switch to the dark theme',
      also: 'day night colour mode',
      icon: world.dark ? Sun : Moon,
      run: () => {
        world.setScheme(world.dark ? 'light' : 'dark')
      },
    },
    {
      id: 'system',
      words: 'Theme as the system',
      also: 'auto colour mode',
      icon: Contrast,
      run: () => {
        world.setScheme('auto')
      },
    },
    {
      id: 'density',
      words: world.compact ? 'Rows with more air' : 'Rows closer together',
      also: 'density compact comfortable',
      icon: Rows3,
      run: () => {
        world.setDensity(world.compact ? 'comfortable' : 'compact')
      },
    },
    {
      id: 'column',
      words: 'Fold or unfold the column',
      also: 'sidebar navigation',
      icon: Columns2,
      keys: ['['],
      run: world.toggleColumn,
    },
    {
      id: 'keys',
      words: 'See all keys',
      also: 'shortcuts help keyboard',
      icon: Keyboard,
      keys: ['?'],
      run: world.showKeys,
    },
    {
      id: 'single',
      words: world.singleKeys ? 'Turn single-letter keys off' : 'Turn single-letter keys on',
      also: 'shortcuts keyboard',
      icon: Keyboard,
      run: world.toggleSingleKeys,
    },
    world.signedIn && { id: 'out', words: 'Sign out', also: 'log out leave', icon: LogOut, run: world.signOut },
    world.canSignIn && {
      id: 'in',
      words: 'Sign in',
      also: 'log in',
      icon: LogIn,
      run: () => {
        world.leave(page.signIn)
      },
    },
  ]
  return all.filter((one): one is Do => one !== false)
}

/** Actions in which every word begins a word; of what they are called before of what else they may be. */
export function matching(actions: Do[], words: string[]): Do[] {
  const begins = (text: string, word: string) =>
    text
      .toLowerCase()
      .split(/[^\p{L}\p{N}]+/u)
      .some((part) => part.startsWith(word))
  const all = actions.filter((a) => words.every((w) => begins(`${a.words} ${a.also ?? ''}`, w)))
  const called = (a: Do) => words.every((w) => begins(a.words, w))
  return [...all.filter(called), ...all.filter((a) => !called(a))]
}

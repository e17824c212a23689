import { expect, test } from 'vitest'
import { decidedWords, mayNotWords, remedyWords, roleWords } from './may.ts'
import type { Explanation, Session } from './portico.ts'

const denied: Explanation = {
  principal: 'user:default/ann',
  permission: 'catalog.entity.delete',
  allowed: false,
  why: '',
  policies: [],
  roles: ['author'],
  groups: [],
  wouldAllow: ['operator', 'admin'],
}

const session: Session = { signedIn: true, portal: { title: 'Portico' }, version: '0' }

test('without a policy it says which role is missing, and whom to ask', () => {
  expect(mayNotWords('catalog.entity.delete')).toBe('You may not remove an entity.')
  expect(mayNotWords('catalog.entity.delete', true)).toBe('You may not remove this entity.')
  expect(decidedWords(denied)).toBe('No policy permits it.')
  expect(roleWords(denied)).toBe('Your role is author. It takes the role operator or admin.')
  expect(roleWords({ ...denied, roles: [] })).toBe('You have no role. It takes the role operator or admin.')
  expect(roleWords({ ...denied, wouldAllow: [] })).toBe('Your role is author. No role has it.')
  expect(remedyWords(denied, session)).toBe('Ask whoever runs this portal for that role, or to do it for you.')
})

test('a policy that forbids is named, and that no role helps', () => {
  const freeze = { id: 'freeze', effect: 'forbid' as const, at: 'freeze.cedar:1', words: 'nothing changes this week' }
  const plain = { id: 'b.cedar:4', effect: 'forbid' as const, at: 'b.cedar:4' }
  const x = { ...denied, policies: [freeze, plain], wouldAllow: [] }
  expect(decidedWords(x)).toBe(
    'The policy “freeze” forbids it: nothing changes this week. The policy at b.cedar:4 forbids it.',
  )
  expect(decidedWords({ ...x, policies: [plain, plain, plain, plain, plain] })).toMatch(/ So do 2 more\.$/)
  expect(roleWords(x)).toBe('No role changes that.')
  expect(remedyWords(x, session)).toBe('Ask whoever writes the policies of this portal.')
})

test('a guest who can sign in does that first', () => {
  const guest = { ...session, guest: true, signIn: { providers: [{ id: 'oidc', title: 'x', url: '/x' }] } }
  expect(remedyWords(denied, guest)).toBe('You are a guest. Sign in first.')
  expect(remedyWords(denied, { ...guest, signIn: { providers: [] } })).toMatch(/^Ask whoever runs/)
})

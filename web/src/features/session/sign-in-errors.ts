interface Words {
  /** What happened, without blame. */
  what: string
  /** What the person, or somebody they can ask, does next. */
  next: string
}

const askRunners = 'Ask whoever runs this portal'

/** Sentences for the codes by which the server says why a sign-in ended without a session. */
const words: Record<string, Words> = {
  expired: {
    what: 'This sign-in took too long, was used before, or began in another browser.',
    next: 'Sign in again, in one browser.',
  },
  refused: {
    what: 'What the provider sent could not be trusted.',
    next: `Sign in again. If that does not help, ${askRunners.toLowerCase()}: the log says what was wrong.`,
  },
  denied: {
    what: 'The provider did not let you in, or you turned back there.',
    next: 'Sign in again, or ask whoever runs the provider to give you access to this portal.',
  },
  provider: {
    what: 'The provider does not answer as it should.',
    next: `Sign in again in a moment. If it stays so, ${askRunners.toLowerCase()} whether the portal can reach it.`,
  },
  unknown: {
    what: 'The provider knows you, but the catalog has no user that is you.',
    next: `${askRunners} to add you as a User, with the e-mail address or name that the provider has.`,
  },
  ambiguous: {
    what: 'Several users of the catalog could be you.',
    next: `${askRunners} to leave your e-mail address with one User only.`,
  },
  another: {
    what: 'Another account signed in as this user before.',
    next: `${askRunners} to write the id of your account into the annotation of your User.`,
  },
  unverified: {
    what: 'The provider has not verified your e-mail address, so it does not say who you are.',
    next: 'Verify the address at the provider, then sign in again.',
  },
  taken: {
    what: 'The provider knows you, but the name that you would have here belongs to another user.',
    next: `${askRunners} to add you as a User of another name, or to enter your e-mail address at the one that is you.`,
  },
  removed: {
    what: 'The user that your first sign-in made was removed from the catalog.',
    next: `${askRunners} to restore it.`,
  },
  busy: {
    what: 'Too many sign-ins were begun, from your network or in all.',
    next: `Wait a few minutes, then sign in again. If it stays so, ${askRunners.toLowerCase()} to raise portico.limits.signIns.`,
  },
  'no-provider': {
    what: 'This way to sign in is not configured here.',
    next: 'Use one of those below.',
  },
}

const fallback: Words = {
  what: 'The portal could not sign you in.',
  next: `Try again. If it stays so, ${askRunners.toLowerCase()}: the log has the cause.`,
}

/** The words for a code; codes that nobody here knows, as in a link that somebody made up, are never shown. */
export function signInError(code: string): Words {
  return Object.hasOwn(words, code) ? (words[code] ?? fallback) : fallback
}

/** The id as the server writes it, or nothing: a link can hold any text. */
export function signInErrorId(id: string | undefined): string | undefined {
  return id && /^[0-9A-F]{4}-[0-9A-F]{4}$/.test(id) ? id : undefined
}

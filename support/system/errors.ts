/**
 * A mistake or a condition that a person can do something about. `message` is the whole sentence that they see: what
 * was wrong, where, what was expected, what to do next. `code` is stable, and decides the exit status.
 */
export class LockstepError extends Error {
  override readonly name: string = 'LockstepError'

  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
    // Reports print the stack, which helps no person whose host or file is at fault; `cause` has one. Cucumber searches
    // it for places in code, in a time that grows with the square of its lines.
    this.stack = message.length > MAX_STACK ? '' : message
  }
}

/** Returns an error as a person is told of it; `what` says what a broken program has kept from being done. */
export function asSentence(what: string, error: unknown): LockstepError {
  if (error instanceof LockstepError) return error
  const why = error instanceof Error ? error.message : String(error)
  return new LockstepError('diverged', `${what}: ${why}`, { cause: error })
}

/** Characters of a message up to which it stands for its stack. Cucumber prints a longer one all the same. */
const MAX_STACK = 10_000

export const ERROR_CODES = [
  'diverged',
  'bad-feature',
  'bad-config',
  'bad-input',
  'nobody-discovered',
  'broker-unreachable',
  'broker-refused',
  'broker-lost',
  'journal-failed',
  'balancer-failed',
  'lock-failed',
  'locked',
  'gate-closed',
  'interrupted',
] as const

export type ErrorCode = (typeof ERROR_CODES)[number]

/** The exit statuses of a run. */
export const EXIT = {
  passed: 0,
  failed: 1,
  invalid: 2,
  noHosts: 3,
  unreachable: 4,
  passedWithFailures: 5,
  refused: 6,
  interrupted: 130,
} as const

export function exitCodeFor(code: ErrorCode): number {
  switch (code) {
    case 'diverged':
    case 'journal-failed':
      return EXIT.failed
    case 'bad-feature':
    case 'bad-config':
    case 'bad-input':
      return EXIT.invalid
    case 'nobody-discovered':
      return EXIT.noHosts
    case 'broker-unreachable':
    case 'broker-refused':
    case 'broker-lost':
    case 'balancer-failed':
      return EXIT.unreachable
    case 'lock-failed':
    case 'locked':
    case 'gate-closed':
      return EXIT.refused
    case 'interrupted':
      return EXIT.interrupted
  }
}

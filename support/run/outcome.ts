import { EXIT } from '../system/errors'
import { MODES, type Mode, type ModeTraits } from './modes'

/** The titles that every run can have. */
const TITLES: Readonly<Record<number, string>> = {
  [EXIT.passed]: 'PASSED',
  [EXIT.invalid]: 'INVALID',
  [EXIT.noHosts]: 'NO HOSTS',
  [EXIT.unreachable]: 'UNREACHABLE',
  [EXIT.passedWithFailures]: 'PASSED WITH FAILURES',
  [EXIT.refused]: 'REFUSED',
  [EXIT.interrupted]: 'INTERRUPTED',
}

/** The titles of runs that are no rollouts, by their purpose. */
const TITLES_OF: Readonly<Partial<Record<ModeTraits['purpose'], Readonly<Record<number, string>>>>> = {
  plan: {
    [EXIT.passed]: 'PLANNED',
    [EXIT.passedWithFailures]: 'PLANNED WITH FAILURES',
    [EXIT.failed]: 'WOULD FAIL',
  },
  rehearsal: {
    [EXIT.passed]: 'REHEARSED',
    [EXIT.passedWithFailures]: 'REHEARSED WITH FAILURES',
    [EXIT.failed]: 'REHEARSAL FAILED',
  },
}

/** The heading for hosts that a rollout ordered to go back. They are not done, even if their lines passed before. */
export const RESTORED = 'Told to go back to the version they had, and not done'

/** Returns the title of a run, in a word or two, by its exit status and mode. */
export function titleOf(exitCode: number, mode: Mode): string {
  return TITLES_OF[MODES[mode].purpose]?.[exitCode] ?? TITLES[exitCode] ?? 'FAILED'
}

/**
 * Returns the sentence for a run that has left no host out of rotation. It speaks for earlier runs only where all of
 * them can be read.
 */
export function nothingIsOut({ notKnownBefore }: { notKnownBefore: readonly string[] }): string {
  return notKnownBefore.length === 0
    ? 'Nothing is left out of rotation.'
    : 'This run leaves nothing out of rotation. Of earlier runs not everything is known.'
}

import { EXIT } from '../../system/errors'

const TITLES: Readonly<Record<number, string>> = {
  [EXIT.held]: 'HELD',
  [EXIT.badInput]: 'REFUSED',
  [EXIT.nobody]: 'NOBODY',
  [EXIT.noBroker]: 'UNREACHABLE',
  [EXIT.withinBudget]: 'HELD, BUT',
  [EXIT.heldBack]: 'HELD BACK',
  [EXIT.interrupted]: 'INTERRUPTED',
}

const PLANNED: Readonly<Record<number, string>> = {
  [EXIT.held]: 'PLANNED',
  [EXIT.withinBudget]: 'PLANNED, BUT',
  [EXIT.diverged]: 'WOULD NOT HOLD',
}

const REHEARSED: Readonly<Record<number, string>> = {
  [EXIT.held]: 'REHEARSED',
  [EXIT.withinBudget]: 'REHEARSED, BUT',
  [EXIT.diverged]: 'REHEARSAL FAILED',
}

/** How hosts are named that a rollout has told to go back: they are not done, whatever their lines came to before. */
export const RESTORED = 'Told to go back to the version they had, and not done'

/** What a run came to, in a word or two, by its exit status. */
export function titleOf(exitCode: number, mode: string): string {
  if (mode === 'plan' && exitCode in PLANNED) return PLANNED[exitCode] ?? ''
  if (mode === 'rehearse' && exitCode in REHEARSED) return REHEARSED[exitCode] ?? ''
  return TITLES[exitCode] ?? 'STOPPED'
}

/** The sentence for a run that has left nobody out: it speaks for earlier ones only where all of them can be read. */
export function nothingIsOut({ notKnownBefore }: { notKnownBefore: readonly string[] }): string {
  return notKnownBefore.length === 0
    ? 'Nothing is left out of rotation.'
    : 'This run leaves nothing out of rotation. Of earlier runs not everything is known.'
}

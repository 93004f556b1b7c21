import { EXIT } from '../system/errors'

const TITLES: Readonly<Record<number, string>> = {
  [EXIT.held]: 'HELD',
  [EXIT.badInput]: 'REFUSED',
  [EXIT.nobody]: 'NOBODY',
  [EXIT.noBroker]: 'UNREACHABLE',
  [EXIT.withinBudget]: 'HELD, BUT',
  [EXIT.heldBack]: 'HELD BACK',
  [EXIT.interrupted]: 'INTERRUPTED',
}

/** What a run came to, in a word or two, by its exit status. */
export function titleOf(exitCode: number): string {
  return TITLES[exitCode] ?? 'STOPPED'
}

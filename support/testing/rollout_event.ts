import type { RolloutEvent } from '../notifications/event'

/** Returns the event of a rollout that failed on two of eight hosts, changed as a test says. */
export function rolloutEvent(change: Partial<RolloutEvent> = {}): RolloutEvent {
  return {
    event: 'failed',
    run: '20261120-224926-f1b1',
    number: 1,
    time: '2026-11-20T22:49:26.000Z',
    environment: 'production',
    mode: 'live',
    feature: 'rolling.feature',
    release: undefined,
    tickets: [],
    limit: undefined,
    wave: { name: '25%', hosts: 2 },
    counts: { hosts: 8, answered: 7, diverged: 1, silent: 1, out: 0, restored: 0, notAttempted: 4 },
    failed: { count: 2, names: ['web3', 'web9'] },
    outOfRotation: { count: 1, names: ['web3'] },
    outcome: undefined,
    reason: 'at "the package version for mywebapp should be 2" (rolling.feature:14)',
    ...change,
  }
}

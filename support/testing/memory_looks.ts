import type { LookAnswer, LookBegun } from '../looks/look'
import type { LookCommands } from '../looks/looks'

/** Looks in memory: each is under way until a test answers it, or until its process ends. */
export class MemoryLooks implements LookCommands {
  readonly asked: LookBegun[] = []
  /** The looks that another process has left, and that were ended. */
  readonly ended: string[] = []
  private readonly open = new Map<string, (answer: LookAnswer | { why: string }) => void>()
  private count = 0

  newId(): string {
    return `look${String((this.count += 1)).padStart(4, '0')}`
  }

  carryOut(look: LookBegun, signal: AbortSignal): Promise<LookAnswer | { why: string }> {
    this.asked.push(look)
    return new Promise((answer) => {
      const onEnd = () => answer({ why: 'it was ended' })
      this.open.set(look.id, (given) => {
        signal.removeEventListener('abort', onEnd)
        answer(given)
      })
      signal.addEventListener('abort', onEnd, { once: true })
    })
  }

  end(id: string): void {
    this.ended.push(id)
  }

  answer(id: string, answer: LookAnswer | { why: string }): void {
    this.open.get(id)?.(answer)
  }
}

const COMMIT = 'c'.repeat(40)

/** Returns what four hosts tell of their tags: `v2` is on two of them, `v1` on three, and one is silent. */
export function aTagsAnswer(): Extract<LookAnswer, { schema: 'lockstep/tags/1' }> {
  return {
    schema: 'lockstep/tags/1',
    exitCode: 1,
    environment: 'test',
    repository: 'website',
    hosts: ['web1', 'web2', 'web3', 'web4'],
    expected: true,
    unknown: [{ host: 'web4', why: 'no answer' }],
    strangers: [],
    count: 2,
    tags: [
      { tag: 'v2', commits: [{ commit: COMMIT, hosts: ['web1', 'web2'] }], lack: ['web3'], notTold: [] },
      { tag: 'v1', commits: [{ commit: COMMIT, hosts: ['web1', 'web2', 'web3'] }], lack: [], notTold: [] },
    ],
  }
}

/** Returns a release that has drifted on one host. */
export function aDriftAnswer(): Extract<LookAnswer, { schema: 'lockstep/drift/1' }> {
  const seen = 'serves v1, and index.html was changed'
  return {
    schema: 'lockstep/drift/1',
    state: 'CRITICAL',
    sentence: 'release 4.2 in test no longer passes on 1 of 4 hosts: web3',
    findings: [{ host: 'web3', feature: 'x.feature', run: 'r1', line: 9, text: 'Then it is', seen }],
  }
}

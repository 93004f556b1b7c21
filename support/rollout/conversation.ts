import type { Answer, Answers, Reach, Request } from './ports'
import type { Rollout } from './rollout'

/**
 * All that a rollout says to the world: what changes hosts needs their locks first, and everything is on disk before it
 * is sent and after it was answered.
 */
export class Conversation implements Reach {
  constructor(private readonly rollout: Rollout) {}

  readonly ask = (request: Request, hosts: readonly string[]): Promise<Answers> => {
    const { fleet, audience } = this.rollout.ports
    return this.journalled(request, hosts, (beforeSend) =>
      fleet.call(request, hosts, {
        beforeSend,
        onProgress: (settled, expected) => audience.progress(settled, expected),
      }),
    )
  }

  record(
    request: Request,
    hosts: readonly string[],
    work: () => Promise<ReadonlyMap<string, Answer>>,
  ): Promise<Answers> {
    return this.journalled(request, hosts, async (beforeSend) => {
      const requestId = this.rollout.ports.newId()
      await beforeSend(requestId)
      return { requestId, outcomes: await work(), strays: [], interrupted: false }
    })
  }

  wait(ms: number): Promise<void> {
    return this.rollout.wait(ms)
  }

  elapsed(): number {
    return this.rollout.ports.clock.elapsed()
  }

  private async journalled(
    request: Request,
    hosts: readonly string[],
    send: (beforeSend: (requestId: string) => Promise<void>) => Promise<Answers>,
  ): Promise<Answers> {
    const { step, line } = this.rollout
    const { journal, locks } = this.rollout.ports
    if (request.changes) {
      if (this.rollout.foresight !== undefined)
        throw new Error(
          `${request.action} of ${request.agent} would change hosts, and nothing may be changed`,
        )
      await locks.hold(this.rollout.hosts.known ?? hosts)
      this.rollout.touch()
    }
    const answers = await send((requestId) =>
      journal.append({ type: 'asked', step, line, requestId, ...request, hosts }),
    )
    const { requestId, interrupted } = answers
    await journal.append({ type: 'answered', requestId, outcomes: byKind(answers.outcomes), interrupted })
    return answers
  }
}

function byKind(outcomes: ReadonlyMap<string, Answer>): Record<string, string[]> {
  const kinds: Record<string, string[]> = {}
  for (const [host, { kind }] of outcomes) (kinds[kind] ??= []).push(host)
  return kinds
}

import { LockstepError } from '../../system/errors'
import type { HostGateway } from '../model/obligation'
import type { Answers } from '../model/answers'
import type { Answer } from '../model/answers'
import type { Request } from '../model/answers'
import type { Rollout } from '../rollout'

/**
 * All that a rollout says to the world. A request that changes hosts needs their locks first. Every request is on disk
 * before it is sent and after it was answered.
 */
export class Conversation implements HostGateway {
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
      return { requestId, outcomes: await work(), unexpected: [], interrupted: false }
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
    if (request.mutating) {
      if (this.rollout.planState !== undefined)
        throw nothingMayChange(`${request.action} of ${request.agent}`)
      await this.rollout.hosts.expectFirstWindowOver()
      await locks.take(this.rollout.hosts.known ?? hosts)
      this.rollout.touch()
    }
    const answers = await send((requestId) =>
      journal.append({ type: 'asked', step, line, requestId, ...request, hosts }),
    )
    // A message that fails is heard even where a verb leaves it out of its verdict.
    for (const message of answers.unexpected) if (message.fails) this.rollout.addUnsolicited(message)
    const { requestId, interrupted } = answers
    await journal.append({ type: 'answered', requestId, outcomes: byKind(answers.outcomes), interrupted })
    return answers
  }
}

/**
 * Returns the error for a team's own step that is about to change hosts where nothing may be changed. A step that goes
 * by a verb is planned instead.
 */
export function nothingMayChange(what: string): LockstepError {
  return new LockstepError(
    'bad-feature',
    `${what} was about to be sent, and nothing may be changed; it was not sent. A step of your own is planned only where it goes by a verb of the rollout, such as this.rollout.agents.run`,
  )
}

function byKind(outcomes: ReadonlyMap<string, Answer>): Record<string, string[]> {
  const kinds: Record<string, string[]> = {}
  for (const [host, { kind }] of outcomes) (kinds[kind] ??= []).push(host)
  return kinds
}

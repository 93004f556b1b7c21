import type { Agent } from '../rpc/server/agent'
import { ActionFailed } from '../rpc/server/agent'
import type { Answer, Answers, Request } from '../rollout/model/answers'
import type { CallWatch, Fleet } from '../rollout/ports'
import { callOf } from './call'

/** Hosts with nothing but a puppet agent, called directly. Keeps the requests. */
export class PuppetFleet implements Fleet {
  readonly asked: Request[] = []
  /** The orders that hosts carry out, and whose answer is lost. */
  losesAnswers = false
  private readonly prefix = Math.random().toString(16).slice(2, 10).padEnd(8, '0')

  constructor(private readonly agents: ReadonlyMap<string, Agent>) {}

  async discover() {
    return { hosts: [...this.agents.keys()], unexpected: [] }
  }

  async call(request: Request, hosts: readonly string[], { beforeSend }: CallWatch): Promise<Answers> {
    const requestId = `${this.prefix}${String(this.asked.length).padStart(24, '0')}`
    await beforeSend(requestId)
    this.asked.push(request)
    const answers = hosts.map(async (host) => [host, await this.answer(host, request, requestId)] as const)
    return { requestId, outcomes: new Map(await Promise.all(answers)), unexpected: [], interrupted: false }
  }

  private async answer(
    host: string,
    { action, inputs, mutating }: Request,
    requestid: string,
  ): Promise<Answer> {
    const act = this.agents.get(host)?.actions[action]
    if (act === undefined)
      return { kind: 'failed', message: `Unknown action '${action}' for agent 'puppet'`, data: {} }
    try {
      const data = await act(inputs, { ...callOf(action), requestid })
      return mutating && this.losesAnswers ? { kind: 'silent', waited: 2_000 } : { kind: 'answered', data }
    } catch (error) {
      const data = error instanceof ActionFailed ? error.data : {}
      return { kind: 'failed', message: (error as Error).message, data }
    }
  }
}

import type { CallWatch, Fleet } from '../rollout/ports'
import type { Answers } from '../rollout/model/answers'
import type { Answer } from '../rollout/model/answers'
import type { Request } from '../rollout/model/answers'
import { inputFault } from '../rpc/contracts/contract'
import { ActionFailed, type Call } from '../rpc/server/agent'
import { pskServer } from '../protocol/security/psk'
import type { Repository } from '../simulation/providers'
import { SimulatedHost, type HostDescription } from '../simulation/simulated_host'
import { fakeClock } from './fake_fleet'

/** Simulated hosts without a wire: the real agents on pretended machines, called directly. Keeps the requests. */
export class AgentFleet implements Fleet {
  readonly asked: Request[] = []
  readonly hosts: ReadonlyMap<string, SimulatedHost>

  /** Makes the hosts; those of `silent` exist and answer nothing. */
  constructor(
    descriptions: readonly HostDescription[],
    repository: Repository,
    private readonly silent: ReadonlySet<string> = new Set(),
  ) {
    const options = { repository, collective: 'mcollective', security: pskServer('x'), clock: fakeClock() }
    this.hosts = new Map(descriptions.map((each) => [each.identity, new SimulatedHost(each, options)]))
  }

  async discover() {
    return { hosts: [...this.hosts.keys()], unexpected: [] }
  }

  async call(request: Request, hosts: readonly string[], { beforeSend }: CallWatch): Promise<Answers> {
    const requestId = String(this.asked.length).padStart(32, '0')
    await beforeSend(requestId)
    this.asked.push(request)
    const outcomes = new Map<string, Answer>()
    for (const host of hosts) outcomes.set(host, await this.answer(host, request, requestId))
    return { requestId, outcomes, unexpected: [], interrupted: false }
  }

  /** Returns the real state of a host's packages, services and firewall, even where the host reports another. */
  truth(host: string): { state: readonly string[]; blocked: readonly string[] } {
    return this.hosts.get(host)?.truth ?? { state: [], blocked: [] }
  }

  private async answer(host: string, { agent, action, inputs }: Request, requestid: string): Promise<Answer> {
    const found = this.hosts.get(host)?.agents.get(agent)
    if (found === undefined || this.silent.has(host)) return { kind: 'silent', waited: 2_000 }
    const [act, contract] = [found.actions[action], found.contract.actions[action]]
    if (act === undefined || contract === undefined)
      return failed(`Unknown action '${action}' for agent '${agent}'`)
    const fault = inputFault(contract, inputs)
    if (fault !== undefined) return failed(fault.message)
    try {
      return { kind: 'answered', data: await act(inputs, { ...CALL, requestid }) }
    } catch (error) {
      return failed((error as Error).message, error instanceof ActionFailed ? error.data : {})
    }
  }
}

function failed(message: string, data: Record<string, unknown> = {}): Answer {
  return { kind: 'failed', message, data }
}

const CALL: Call = {
  action: '',
  requestid: '0'.repeat(32),
  callerid: 'user=test',
  senderid: 'test',
  collective: 'mcollective',
  ttl: 60,
  msgtime: 0,
  signal: new AbortController().signal,
}

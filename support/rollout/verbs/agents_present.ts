import { formatValue, silence } from '../model/reading'
import type { NeededAgent } from '../ports'
import type { Answer } from '../model/answers'
import type { RollCallContext } from './roll_call_context'
import { clean, type Observation } from '../model/verdict'

/**
 * Returns the hosts that lack an agent which a line of the feature needs, each with what it lacks. All are asked for
 * nothing but a sign of life that only hosts with these agents give. Those that give none say which agents they have.
 * Empty when no line needs an agent.
 */
export async function hostsWithoutAgents(
  rollout: Pick<RollCallContext, 'ports' | 'ask' | 'addUnsolicited'>,
  hosts: readonly string[],
): Promise<Map<string, Observation>> {
  const { fleet, audience, neededAgents: needed = [] } = rollout.ports
  if (needed.length === 0 || hosts.length === 0) return new Map()
  const agents = needed.map(({ agent }) => agent)
  const selection = { classes: [], facts: [], identities: [], listed: hosts, agents }
  const { hosts: complete, unexpected } = await fleet.discover(selection, audience.tellWait)
  for (const message of unexpected) if (message.fails) rollout.addUnsolicited(message)
  const known = new Set(complete)
  const doubtful = hosts.filter((host) => !known.has(host))
  if (doubtful.length === 0) return new Map()
  const inventory = { agent: 'rpcutil', action: 'agent_inventory', inputs: {}, mutating: false }
  const { outcomes } = await rollout.ask(inventory, doubtful)
  return new Map(
    doubtful.flatMap((host) => {
      const observation = lackOf(host, outcomes.get(host), needed)
      return observation === undefined ? [] : [[host, observation] as const]
    }),
  )
}

function lackOf(
  host: string,
  answer: Answer | undefined,
  needed: readonly NeededAgent[],
): Observation | undefined {
  const lacks = (kind: Observation['kind'], seen: string) => ({ host, passed: false, kind, seen })
  if (answer === undefined || answer.kind === 'silent')
    return lacks('silent', silence(answer ?? { waited: 0 }))
  if (answer.kind === 'untrusted') return lacks('untrusted', answer.reason)
  if (answer.kind === 'failed') {
    const names = needed.map(({ agent }) => agent).join(', ')
    return lacks('failed', `lacks one of the agents ${names}, and does not say which: ${answer.message}`)
  }
  const own = agentsIn(answer.data['agents'])
  const missing = needed.filter(({ agent }) => !own.has(agent))
  if (missing.length === 0) return undefined
  const all = missing.map(({ agent, line, text }) => `no agent ${agent}, which line ${line} needs: ${text}`)
  return lacks('answered', clean(`has ${all.join('; has ')}`))
}

/** Returns the names in an answer of `agent_inventory`: a list of hashes with `agent`. */
function agentsIn(agents: unknown): Set<string> {
  if (!Array.isArray(agents)) return new Set()
  return new Set(agents.map((each: unknown) => formatValue((each as { agent?: unknown } | null)?.agent)))
}

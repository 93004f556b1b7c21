import type { Answer } from '../model/answers'
import { formatHosts } from '../model/fold_hosts'
import { formatValue, silence } from '../model/reading'
import { clean, hosts as counted, type Observation } from '../model/verdict'
import type { RollCallContext } from './roll_call_context'

/** The fact in which hosts have the environment that puppet gave them, where puppet writes their facts. */
const FACT = 'environment'

/**
 * Returns the hosts that do not confirm the environment of their row, each with what it says instead. A host without
 * such a fact contradicts nothing; how many there are is noted.
 */
export async function hostsOfAnotherEnvironment(
  rollout: Pick<RollCallContext, 'ports' | 'ask'>,
  hosts: readonly string[],
  environment: string,
): Promise<Map<string, Observation>> {
  if (hosts.length === 0) return new Map()
  const request = { agent: 'rpcutil', action: 'get_fact', inputs: { fact: FACT }, mutating: false }
  const { outcomes } = await rollout.ask(request, hosts)
  const without = hosts.filter((host) => isUnsaid(outcomes.get(host)))
  if (without.length > 0)
    rollout.ports.audience.note(
      `the environment of ${counted(without.length)} is known from the inventory alone: ${formatHosts(without)} has no fact ${FACT}`,
    )
  return new Map(
    hosts.flatMap((host) => {
      const observation = contradictionOf(host, outcomes.get(host), environment)
      return observation === undefined ? [] : [[host, observation] as const]
    }),
  )
}

/** Formats a note of hosts that answered and are of other environments. `others` has the environment of each. */
export function describeLeftAlone(hosts: readonly string[], others: ReadonlyMap<string, string>): string {
  const environments = [...new Set(hosts.map((host) => others.get(host) ?? ''))].sort()
  const parts = environments.map((environment) => {
    const own = formatHosts(hosts.filter((host) => (others.get(host) ?? '') === environment))
    return environment === '' ? `${own} in none` : `${own} in ${environment}`
  })
  return `left alone, by their row of the inventory: ${parts.join('; ')}`
}

function contradictionOf(
  host: string,
  answer: Answer | undefined,
  environment: string,
): Observation | undefined {
  const unfit = (kind: Observation['kind'], seen: string) => ({ host, passed: false, kind, seen })
  if (answer === undefined || answer.kind === 'silent')
    return unfit('silent', silence(answer ?? { waited: 0 }))
  if (answer.kind === 'untrusted') return unfit('untrusted', answer.reason)
  if (answer.kind === 'failed')
    return unfit('failed', clean(`does not tell its fact ${FACT}: ${answer.message}`))
  if (isUnsaid(answer)) return undefined
  const own = formatValue(answer.data['value'])
  if (own === environment) return undefined
  return unfit(
    'answered',
    clean(`is in ${own} by its own fact ${FACT}, and in ${environment} by the inventory`),
  )
}

function isUnsaid(answer: Answer | undefined): boolean {
  return answer?.kind === 'answered' && ['', null, undefined].includes(answer.data['value'] as '' | null)
}

import type { Answers } from '../model/answers'
import type { Ledger } from '../model/ledger'
import type { HostGateway, Obligation } from '../model/obligation'
import type { Observation } from '../model/verdict'

/** The ledger of what is out of rotation, and the way to the hosts and balancers that took it out. */
export interface OpenObligations {
  ledger: Ledger
  reach: HostGateway
}

/** Looks at hosts, and strikes those that are seen to be free from the ledger. */
export async function lookAt(
  { ledger, reach }: OpenObligations,
  obligation: Obligation,
  hosts: readonly string[],
): Promise<Answers> {
  const answers = await obligation.look(hosts, reach)
  const free = hosts.filter((host) => {
    const answer = answers.outcomes.get(host)
    return answer !== undefined && obligation.read(answer).isOpen === false
  })
  await ledger.close(obligation.name, free)
  return answers
}

/**
 * Returns the hosts that this run took out of rotation and that, looked at again, are not seen to be out any more.
 * Nothing may be done to them.
 */
export async function findSlippedBack(
  open: OpenObligations,
  hosts: readonly string[],
): Promise<Observation[]> {
  const moving = new Set(hosts)
  const slipped: Observation[] = []
  for (const { obligation, hosts: out } of open.ledger.own) {
    const going = out.filter((host) => moving.has(host))
    if (obligation.lapses !== true || going.length === 0) continue
    const { outcomes } = await lookAt(open, obligation, going)
    for (const host of going) {
      const answer = outcomes.get(host) ?? { kind: 'silent' as const, waited: 0 }
      const state = obligation.read(answer)
      if (state.isOpen !== true)
        slipped.push({
          host,
          passed: false,
          kind: answer.kind,
          seen: `not touched: ${state.seen}, though it was taken out`,
        })
    }
  }
  return slipped
}

import type { Answers, Hold } from './ports'
import type { Rollout } from './rollout'
import type { Observation } from './verdict'

/** Looks, and strikes from the ledger whoever is seen to be free. */
export async function lookAt(rollout: Rollout, hold: Hold, hosts: readonly string[]): Promise<Answers> {
  const answers = await hold.look(hosts, rollout.reach)
  const free = hosts.filter((host) => {
    const answer = answers.outcomes.get(host)
    return answer !== undefined && hold.read(answer).held === false
  })
  await rollout.ledger.lifted(hold.obligation, free)
  return answers
}

/** Hosts that this run holds and that, looked at again, are not held any more: nothing may be done to them. */
export async function slippedBack(rollout: Rollout, hosts: readonly string[]): Promise<Observation[]> {
  const moving = new Set(hosts)
  const slipped: Observation[] = []
  for (const { hold, hosts: held } of rollout.ledger.holding) {
    const going = held.filter((host) => moving.has(host))
    if (hold.lapses !== true || going.length === 0) continue
    const { outcomes } = await lookAt(rollout, hold, going)
    for (const host of going) {
      const answer = outcomes.get(host) ?? { kind: 'silent' as const, waited: 0 }
      const state = hold.read(answer)
      if (state.held !== true)
        slipped.push({
          host,
          held: false,
          kind: answer.kind,
          seen: `not touched: ${state.seen}, though it was taken out`,
        })
    }
  }
  return slipped
}

import { UnexpectedMessages, type UnexpectedMessage } from '../../system/unexpected_messages'
import { someOf, tellWhile, type Tally } from '../../system/wait'
import type { HostGateway } from '../model/obligation'
import { observationOf } from '../model/reading'
import type { Observation, Verdict } from '../model/verdict'
import { questionOf, type Look } from './look'

/** Looks at hosts as long and as often as the look says. Concludes nothing. `lookEvery` is in milliseconds. */
export async function lookUntilPassed(
  look: Look,
  hosts: readonly string[],
  gateway: HostGateway,
  lookEvery: number,
): Promise<Verdict> {
  const { within = 0, times: wanted = 1 } = look.patience ?? {}
  let verdict = await lookWithin(look, hosts, gateway, { lookEvery, within })
  for (let times = 1; times < wanted && verdict.observations.every(({ passed }) => passed); times += 1) {
    const again = { what: `the check to pass once more, ${times} of ${wanted} times so far` }
    await tellWhile(gateway.tellWait, again, async () => {
      await gateway.wait(lookEvery)
      verdict = await lookWithin(look, hosts, gateway, { lookEvery, within: 0 })
    })
  }
  return verdict
}

interface LookTimes {
  lookEvery: number
  within: number
}

async function lookWithin(
  look: Look,
  hosts: readonly string[],
  gateway: HostGateway,
  times: LookTimes,
): Promise<Verdict> {
  if (times.within === 0) return lookAgain(look, hosts, gateway, times)
  let tally: Tally | undefined
  const wait = { withinMs: times.within, tally: () => tally }
  return tellWhile(gateway.tellWait, wait, () =>
    lookAgain(look, hosts, gateway, times, (last) => (tally = tallyOf(hosts, last))),
  )
}

/** Counts the hosts that have passed by their last look. One that has not may still do so. */
function tallyOf(hosts: readonly string[], last: ReadonlyMap<string, Observation>): Tally {
  const missing = hosts.filter((host) => last.get(host)?.passed !== true)
  const done = hosts.length - missing.length
  return { done, failed: 0, expected: hosts.length, someMissing: someOf(missing) }
}

/** Looks until all hosts have passed, or the time is over. `onLook` gets the last observation of each host so far. */
async function lookAgain(
  look: Look,
  hosts: readonly string[],
  gateway: HostGateway,
  { lookEvery, within }: LookTimes,
  onLook: (last: ReadonlyMap<string, Observation>) => void = () => {},
): Promise<Verdict> {
  const ask = questionOf(look)
  const until = gateway.elapsed() + within
  const last = new Map<string, Observation>()
  const asked = new Set(hosts)
  const unexpected = new UnexpectedMessages<UnexpectedMessage>((host) => asked.has(host))
  let waiting = hosts
  for (;;) {
    const began = gateway.elapsed()
    const answers = await ask(waiting, gateway)
    for (const message of answers.unexpected) unexpected.add(message)
    for (const host of waiting) last.set(host, observationOf(host, answers, look.read))
    onLook(last)
    const left = until - gateway.elapsed()
    // A last look comes at the end of the time, however long the look before took, except at silent hosts.
    waiting = waiting.filter((host) => {
      const reading = last.get(host)
      return reading?.passed !== true && (left > 0 || reading?.kind !== 'silent')
    })
    if (waiting.length === 0 || began + lookEvery > until) break
    if (left > 0) await gateway.wait(Math.min(lookEvery, left))
  }
  return { observations: [...last.values()], unexpected: unexpected.all }
}

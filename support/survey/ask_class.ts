import { secretsOf, type Environment } from '../config/environment'
import { compareWith } from '../rollout/model/compare_with'
import { formatHosts } from '../rollout/model/fold_hosts'
import type { RpcClient } from '../rpc/client/client'
import type { Outcome, UnexpectedReply } from '../rpc/client/result'
import type { Clock } from '../system/clock'
import { redactorOfOthers, type Redact } from '../system/redaction'
import { tellNobody } from '../system/wait'
import { expectedHosts, findHosts, NOTHING_ASKED } from './find_hosts'
import { withFleet } from './with_fleet'

/** The hosts that are asked: those of a class in an environment. */
export interface HostClass {
  environment: string
  hostClass: string
}

export interface HostsToAsk {
  /** Returns an environment as it is configured at the moment. @throws LockstepError */
  environmentOf(name: string): Environment
  clock: Clock
  /** Milliseconds that an expected host has to answer to its name. */
  askAgainWithin?: number
}

/** The answers of hosts, every host that should be there among them. `not asked` says nothing of any host. */
export type ClassAnswers =
  | {
      kind: 'asked'
      has: readonly string[]
      missing: ReadonlyMap<string, string>
      remarks: readonly string[]
    }
  | { kind: 'not asked'; why: string }

/** The hosts that have what they should, and the reasons of all others that were asked. */
export interface AskedHosts {
  has: string[]
  missing: Map<string, string>
  unexpected: UnexpectedReply[]
}

/** The means to ask the hosts that were found. */
export interface Asking {
  client: RpcClient
  environment: Environment
  hosts: readonly string[]
  redact: Redact
}

/**
 * Asks the hosts of a class, and accounts for each: one that is silent is missing, one of which something came that cannot
 * be believed too, and one that the inventory does not have is not asked. `purpose` is what they are asked to do. Where
 * no inventory tells of hosts, those that are `known` are missing too once they do not answer.
 */
export async function askClass(
  {
    environment: name,
    hostClass,
    purpose,
    known = [],
  }: HostClass & { purpose: string; known?: Iterable<string> },
  { environmentOf, clock, askAgainWithin }: HostsToAsk,
  signal: AbortSignal,
  ask: (asking: Asking) => Promise<AskedHosts>,
): Promise<ClassAnswers> {
  try {
    const environment = environmentOf(name)
    const redact = redactorOfOthers(secretsOf(environment))
    const selection = { ...NOTHING_ASKED, classes: [hostClass] }
    const expected = await expectedHosts(environment, selection, signal)
    return await withFleet(environment, { clock, signal }, async ({ client, messages, expectConnected }) => {
      const asking = { expected, askAgainWithin, signal, tellWait: tellNobody }
      const { found } = await findHosts(client, environment, selection, asking)
      expectConnected()
      const { missing: silent, strangers } = compareWith(
        expected ?? [...new Set([...found, ...known])],
        found,
      )
      const own = new Set(strangers)
      const hosts = found.filter((host) => !own.has(host))
      const asked = await ask({ client, environment, hosts, redact })
      expectConnected()
      distrust(asked, [...messages, ...asked.unexpected], redact)
      for (const host of silent) asked.missing.set(host, 'no answer')
      const { has, missing } = asked
      const odd = `${formatHosts(strangers)} answer with class ${hostClass}, and are not in the inventory of ${name}: they are not asked ${purpose}`
      return { kind: 'asked', has, missing, remarks: strangers.length === 0 ? [] : [odd] }
    })
  } catch (error) {
    // Pushes and builds go on whichever fault it is, and hosts are asked again.
    return { kind: 'not asked', why: (error as Error).message }
  }
}

/** Returns why an answer of an agent says nothing; undefined where it does. */
export function whyUnknown(outcome: Outcome, agent: string): string | undefined {
  switch (outcome.kind) {
    case 'answered':
      return undefined
    case 'failed':
      return outcome.message || 'failed without saying why'
    case 'silent':
      return outcome.pings === true
        ? `no answer of its ${agent} agent, although it answers pings`
        : 'no answer'
    case 'untrusted':
      return outcome.reason
  }
}

/** Takes hosts for missing of which something came that cannot be believed, such as a second answer that differs. */
function distrust({ has, missing }: AskedHosts, messages: readonly UnexpectedReply[], redact: Redact): void {
  for (const { host, detail, fails } of messages) {
    const at = has.indexOf(host)
    if (!fails || at < 0) continue
    has.splice(at, 1)
    missing.set(host, redact(detail))
  }
}

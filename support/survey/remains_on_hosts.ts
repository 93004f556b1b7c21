import { secretsOf, type Environment } from '../config/environment'
import type { Remaining, Removed } from '../rollout/model/remains'
import { isManagedAs, removedFrom } from '../rollout/model/remains'
import { clean } from '../rollout/model/verdict'
import { askForRemains, askForSets, type AskPuppet } from '../rollout/verbs/managed_sets'
import { puppet } from '../rpc/contracts/puppet'
import type { Clock } from '../system/clock'
import { redactorOfOthers } from '../system/redaction'
import type { TellWait } from '../system/wait'
import { withFleet } from './with_fleet'

/** The resources that earlier releases managed on hosts, each with the version that did. */
export interface EarlierResources {
  hosts: readonly string[]
  of(host: string): ReadonlyMap<string, string>
  mayRemain: ReadonlySet<string>
}

/** A resource that a host still has, and what is seen of it. */
export interface Remain {
  resource: string
  seen: string
}

/** The resources of earlier releases that hosts still have, and the hosts of which that is not known. */
export interface RemainsOnHosts {
  remains: ReadonlyMap<string, readonly Remain[]>
  unknown: ReadonlyMap<string, string>
}

interface Options {
  clock: Clock
  signal: AbortSignal
  tellWait: TellWait
}

/**
 * Asks hosts for resources that earlier releases managed and their puppet does not manage now. It only looks.
 * @throws LockstepError for what keeps the broker from being used
 */
export async function remainsOnHosts(
  environment: Environment,
  earlier: EarlierResources,
  { clock, signal, tellWait }: Options,
): Promise<RemainsOnHosts> {
  const redact = redactorOfOthers(secretsOf(environment))
  const { timeouts } = environment
  const within = timeouts[puppet.agent] ?? timeouts['default'] ?? puppet.timeout * 1000
  return withFleet(
    environment,
    { clock, signal, tellWait },
    async ({ client, messages, expectConnected }) => {
      const ask: AskPuppet = (action, inputs, hosts) =>
        client.call({ agent: puppet.agent, action, inputs, hosts, within, signal, tellWait })
      const told = await askForSets(earlier.hosts, ask, new Map())
      const unknown = new Map(told.unknown)
      const removed = new Map<string, Removed>()
      const now = new Map<string, ReadonlySet<string>>()
      for (const host of earlier.hosts) {
        const set = told.sets.get(told.catalogs.get(host)?.digest ?? '')
        if (unknown.has(host) || set === undefined) continue
        now.set(host, new Set(set))
        removed.set(host, removedFrom(new Set(earlier.of(host).keys()), new Set(set), earlier.mayRemain))
      }
      const { looked, unheard, unexpected } = await askForRemains(removed, ask)
      expectConnected()
      for (const [host, answer] of [...told.unheard, ...unheard])
        unknown.set(
          host,
          answer.kind === 'failed'
            ? answer.message
            : answer.kind === 'untrusted'
              ? answer.reason
              : 'no answer',
        )
      for (const { host, detail, fails } of [...messages, ...told.unexpected, ...unexpected])
        if (fails) unknown.set(host, detail)
      const remains = new Map<string, Remain[]>()
      for (const [host, own] of removed) {
        if (unknown.has(host)) continue
        const versions = earlier.of(host)
        const left: Remain[] = []
        for (const resource of own.asked) {
          const found = looked.get(host)?.get(resource)
          if (found === undefined || found.is === 'not known')
            unknown.set(host, `${resource} is not known: ${found?.seen ?? 'the host says nothing of it'}`)
          else if (isLeft(found, now.get(host) ?? new Set()))
            left.push({
              resource,
              seen: redact(
                `${resource} ${found.seen}, and ${versions.get(resource) ?? 'earlier code'} managed it`,
              ),
            })
        }
        if (left.length > 0) remains.set(host, left)
        for (const [resource, why] of own.untold) unknown.set(host, `${resource} cannot be looked at: ${why}`)
      }
      return { remains, unknown: new Map([...unknown].map(([host, why]) => [host, clean(redact(why))])) }
    },
  )
}

function isLeft({ is, names }: Remaining, now: ReadonlySet<string>): boolean {
  return is === 'there' && !isManagedAs(names, now)
}

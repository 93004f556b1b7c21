import { nameHosts } from '../rollout/model/name_hosts'
import { hasChanges } from './systems/compare_hosts'
import type { MonitoringLook, TargetLook } from './keep_in_step'

/** A sentence of a look. */
export interface ToldOfMonitoring {
  sentence: string
  /** True for what a person has to do something about. */
  isTrouble: boolean
  /** The hosts that notifications name; empty for what is in the log alone. */
  hosts: readonly string[]
}

/** Formats a look as sentences. `unknown` are the hosts that register and are not in the inventory. */
export function tellLook(
  { targets, fault }: MonitoringLook,
  unknown: readonly string[],
  noop = false,
): ToldOfMonitoring[] {
  const inventory = fault === undefined ? [] : [trouble(`monitoring: ${fault}`)]
  const strangers =
    unknown.length === 0
      ? []
      : [
          trouble(
            `${hosts(unknown)} ${unknown.length === 1 ? 'registers and is' : 'register and are'} not in the inventory, so monitoring is not told of ${unknown.length === 1 ? 'it' : 'them'}: ${nameHosts(unknown)}`,
            unknown,
          ),
        ]
  return [...inventory, ...targets.flatMap((target) => tellTarget(target, noop)), ...strangers]
}

function tellTarget(look: TargetLook, noop: boolean): ToldOfMonitoring[] {
  const { target, added, changed, removed, refused, fault, needsPerson } = look
  const refusals = refused.map(({ host, why }) => trouble(`${target}: ${host} is not told: ${why}`))
  if (fault !== undefined) return [...refusals, trouble(fault, needsPerson ? removed : [])]
  if (!hasChanges(look)) return refusals
  // A host that the system did not take has not changed there.
  const without = new Set(refused.map(({ host }) => host))
  const tell = (names: readonly string[], would: string, is: string, isNews: boolean): ToldOfMonitoring[] => {
    const done = names.filter((name) => !without.has(name))
    return done.length === 0
      ? []
      : [
          {
            sentence: `${target}: ${hosts(done)} ${noop ? would : is}: ${nameHosts(done)}`,
            isTrouble: false,
            hosts: isNews && !noop ? done : [],
          },
        ]
  }
  return [
    ...refusals,
    ...tell(added, 'would be added', 'added', false),
    ...tell(changed, 'would change', 'changed', false),
    ...tell(
      removed,
      'not in the inventory would be removed',
      'not in the inventory any more, and removed',
      true,
    ),
  ]
}

function trouble(sentence: string, named: readonly string[] = []): ToldOfMonitoring {
  return { sentence, isTrouble: true, hosts: named }
}

function hosts({ length }: readonly string[]): string {
  return length === 1 ? '1 host' : `${length} hosts`
}

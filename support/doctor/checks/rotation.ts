import { resolve } from 'node:path'
import { findLeftHosts, type HostOutOfRotation } from '../../rollout/model/out_of_rotation'
import { foldHosts } from '../../rollout/model/fold_hosts'
import { readRunJournals } from '../../run/journals'
import { MODES } from '../../run/modes'
import { formatLockstep, PLACES } from '../../system/commands'
import { groupBy } from '../../system/groups'
import { fail, ok, type Check, type Finding } from '../check'

/** Looks whether runs have left hosts out of rotation, by their journals. */
export const rotation: Check = {
  name: 'rotation',
  limitMs: 10_000,
  look({ context: { folders }, cwd }) {
    const { journals, faults } = readRunJournals(resolve(cwd, folders.state, MODES.live.journals))
    return judgeRotation(findLeftHosts(journals), faults, journals.length)
  },
}

/** Judges what is out of rotation. A journal that cannot be read may name more. */
export function judgeRotation(
  out: readonly HostOutOfRotation[],
  faults: readonly string[],
  journals: number,
): Finding[] {
  const groups = groupBy(out, ({ obligation, run }) => `${run} ${obligation}`)
  const left = [...groups.values()].map((group) => {
    const [{ run, obligation, since } = { run: '', obligation: '', since: '' }] = group
    const names = foldHosts(group.map(({ host }) => host)).join(', ')
    return fail(
      `${names}: ${obligation} since ${since}, by run ${run}`,
      'put them back:',
      formatLockstep(`put-back --run ${run}`, PLACES),
    )
  })
  const unknown = faults.map((fault) => fail(fault))
  if (left.length + unknown.length > 0) return [...left, ...unknown]
  return [
    ok(
      journals === 0 ? 'no live run has left a journal here' : 'nothing is out, by the journals of all runs',
    ),
  ]
}

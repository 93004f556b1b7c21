import { hosts as counted } from '../../rollout/model/verdict'
import { foldHosts } from '../../rollout/model/fold_hosts'
import type { Heard } from '../../survey/hearing'
import { groupBy } from '../../system/groups'
import { fail, notChecked, ok, warn, type Check, type Finding } from '../check'

/** Seconds by which clocks may differ without a word: answers take their time. */
const TOLERATED_S = 5

/** Looks by how much the clocks of hosts differ from this one: a host refuses what its clock says is too old. */
export const clocks: Check = {
  name: 'clocks',
  limitMs: 25_000,
  async look(subject) {
    const { ttl } = await subject.environment()
    const { heard } = await subject.probe()
    return judgeClocks(heard, ttl)
  },
}

/** Judges the clocks of the hosts that were heard. `ttl` is in seconds. */
export function judgeClocks(heard: ReadonlyMap<string, Pick<Heard, 'aheadS'>>, ttl: number): Finding[] {
  if (heard.size === 0) return [notChecked('no host answers')]
  const off = [...heard].filter(([, { aheadS }]) => Math.abs(aheadS) > TOLERATED_S)
  const most = Math.max(...[...heard.values()].map(({ aheadS }) => Math.abs(aheadS)))
  if (off.length === 0) return [ok(`${counted(heard.size)} within ${Math.max(1, most)} s of this machine`)]
  const mend =
    off.length === heard.size && heard.size > 1
      ? 'all hosts differ: look at the clock of this machine first (timedatectl)'
      : 'let a time service run there (chronyd, systemd-timesyncd)'
  const groups = groupBy(off, ([, { aheadS }]) => `${isTooMuch(aheadS, ttl)} ${formatAhead(aheadS)}`)
  return [...groups.values()].flatMap((group) => {
    const [[, { aheadS }] = ['', { aheadS: 0 }]] = group
    const names = foldHosts(group.map(([host]) => host)).join(', ')
    const what = `${names}: the clock is ${formatAhead(aheadS)}`
    return isTooMuch(aheadS, ttl)
      ? fail(
          `${what}; with a ttl of ${ttl} s requests and answers are refused, and the host seems silent`,
          mend,
        )
      : warn(`${what}; requests are refused beyond a ttl of ${ttl} s`, mend)
  })
}

function isTooMuch(aheadS: number, ttl: number): boolean {
  return Math.abs(aheadS) >= ttl
}

/** Formats a difference in its largest unit, rounded first: 7199 s are 2 h, as 7200 s are. */
function formatAhead(aheadS: number): string {
  const amount = Math.abs(aheadS)
  const [minutes, hours] = [Math.round(amount / 60), Math.round(amount / 360) / 10]
  const shown =
    amount < 120
      ? `${amount} s`
      : minutes < 120
        ? `${minutes} min`
        : hours < 48
          ? `${hours} h`
          : `${Math.round(hours / 24)} days`
  return `${shown} ${aheadS > 0 ? 'ahead' : 'behind'}`
}

import { planWaves, type WaveSize } from '../../rollout/model/wave_plan'
import type { Rule } from '../rule'

export const wavesLeaveHosts: Rule = {
  id: 'waves-leave-hosts',
  severity: 'warning',
  why: 'A rollout whose waves leave hosts over is refused; percentages are rounded down.',
  fix: 'Make "the rest" the last row of the table.',
  find(timeline) {
    const waves = timeline.of('takes wave')
    const [first] = waves
    const sizes = waves.map(({ effect }) => effect.size)
    if (first === undefined || !timeline.whole || sizes.some(isOpen)) return []
    const exactly = timeline.of('counts hosts').find(({ effect }) => effect.exactly !== undefined)
      ?.effect.exactly
    if (exactly === undefined ? sizes.every(({ kind }) => kind === 'hosts') : !leavesSome(sizes, exactly))
      return []
    const rows = waves.map(({ effect }) => effect.written).join(', ')
    return [
      { line: first.line, message: `the waves ${rows} leave hosts over, or do so for most numbers of hosts` },
    ]
  },
}

/** Returns whether a wave's size does not say how many hosts it takes. */
function isOpen(size: WaveSize): boolean {
  return size.kind === 'rest' || size.kind === 'each' || (size.kind === 'percent' && size.percent === 100)
}

function leavesSome(sizes: readonly WaveSize[], n: number): boolean {
  const hosts = Array.from({ length: Math.min(n, 999_999) }, (_, index) => String(index))
  return planWaves(sizes, hosts, hosts, () => '').left.length > 0
}

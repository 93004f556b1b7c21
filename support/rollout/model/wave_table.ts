import { nameHosts } from './name_hosts'
import { hosts as counted } from './verdict'
import { describeSize, planWaves, type FactOf, type WaveSize } from './wave_plan'

/**
 * Returns what is wrong with the waves of a feature for these hosts; undefined when nothing is. Each host has to be in
 * a wave. Each row has to take a host: a table with rows that no host is left for was meant for another fleet. The row
 * `the rest` may take none.
 */
export function faultOfTable(
  rows: readonly WaveSize[],
  all: readonly string[],
  factOf: FactOf,
): string | undefined {
  if (rows.length === 0) return undefined
  const { waves, left } = planWaves(rows, all, all, factOf)
  const written = rows.map(describeSize).join(', ')
  if (left.length > 0)
    return `the waves ${written} take ${all.length - left.length} of ${counted(all.length)}; in no wave: ${nameHosts(left)}. ${describeRemedy(rows, all, factOf)}; no host was touched`
  const first = waves.findIndex(({ hosts }, row) => hosts.length === 0 && rows[row]?.kind !== 'rest')
  if (first < 0) return undefined
  return `the waves ${written} are more than ${counted(all.length)} can make: nobody is left for wave ${first + 1} of ${waves.length}, ${describeSize(rows[first] ?? { kind: 'rest' })}. Leave out rows; no host was touched`
}

function describeRemedy(rows: readonly WaveSize[], all: readonly string[], factOf: FactOf): string {
  const each = rows.find((size) => size.kind === 'each')
  if (each?.kind !== 'each') return 'Let the last wave be: the rest'
  const values = [...new Set(all.map((host) => factOf(host, each.fact)))]
  return `There are ${values.length} values of ${each.fact} (${values.slice(0, 10).join(', ')}): write the row "each ${each.fact}" as many times`
}

/**
 * Returns host names as short as they can be said; consecutive numbers become ranges, such as `web[1-8].example.net`.
 */
export function inRanges(hosts: readonly string[]): string[] {
  const groups = new Map<string, { before: string; after: string; numbers: number[] }>()
  const plain: string[] = []
  for (const host of hosts) {
    const [, before = '', digits = '', after = ''] = /^(.*?)([1-9]\d{0,8}|0)(\D.*|)$/.exec(host) ?? []
    if (digits === '') {
      plain.push(host)
      continue
    }
    const key = `${before}#${after}`
    const group = groups.get(key) ?? { before, after, numbers: [] }
    groups.set(key, group)
    group.numbers.push(Number(digits))
  }
  return [...groups.values()]
    .flatMap(({ before, after, numbers }) => runsOf(numbers).map((run) => `${before}${run}${after}`))
    .concat(plain)
}

function runsOf(numbers: number[]): string[] {
  const sorted = [...new Set(numbers)].sort((a, b) => a - b)
  const runs: [number, number][] = []
  for (const number of sorted) {
    const last = runs.at(-1)
    if (last !== undefined && number === last[1] + 1) last[1] = number
    else runs.push([number, number])
  }
  return runs.flatMap(([from, to]) => (to - from < 2 ? range(from, to).map(String) : [`[${from}-${to}]`]))
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}

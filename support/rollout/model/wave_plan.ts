/** The size of a wave: how much of the roll call moves together. */
export type WaveSize =
  | { kind: 'hosts'; count: number }
  | { kind: 'percent'; percent: number }
  | { kind: 'rest' }
  | { kind: 'each'; fact: string }

export interface Wave {
  name: string
  hosts: readonly string[]
}

/** Parses `1 host`, `5 hosts`, `25%`, `the rest` or `each rack`; undefined for what is none of them. */
export function parseWaveSize(written: string): WaveSize | undefined {
  if (written === 'the rest') return { kind: 'rest' }
  const [, count] = /^([1-9]\d{0,5}) hosts?$/.exec(written) ?? []
  if (count !== undefined) return { kind: 'hosts', count: Number(count) }
  const [, percent] = /^([1-9]\d?|100)%$/.exec(written) ?? []
  if (percent !== undefined) return { kind: 'percent', percent: Number(percent) }
  const [, fact] = /^each ([\w.:-]+)$/.exec(written) ?? []
  return fact === undefined ? undefined : { kind: 'each', fact }
}

export function describeSize(size: WaveSize): string {
  switch (size.kind) {
    case 'hosts':
      return `${size.count} host${size.count === 1 ? '' : 's'}`
    case 'percent':
      return `${size.percent}%`
    case 'rest':
      return 'the rest'
    case 'each':
      return `each ${size.fact}`
  }
}

/** Returns a host's value of a fact. */
export type FactOf = (host: string, fact: string) => string

/**
 * Returns the next wave, from the hosts that are left. A percentage is of the whole roll call, rounded down, at least
 * one host. `each` takes all hosts that share the value of the first one left.
 */
export function nextWave(
  size: WaveSize,
  left: readonly string[],
  all: readonly string[],
  factOf: FactOf,
): Wave {
  const first = (n: number) => ({ name: describeSize(size), hosts: left.slice(0, n) })
  switch (size.kind) {
    case 'hosts':
      return first(size.count)
    case 'percent':
      return first(Math.max(1, Math.floor((all.length * size.percent) / 100)))
    case 'rest':
      return first(left.length)
    case 'each': {
      const [head] = left
      if (head === undefined) return first(0)
      const value = factOf(head, size.fact)
      const hosts = left.filter((host) => factOf(host, size.fact) === value)
      return { name: `${size.fact} ${value}`, hosts }
    }
  }
}

/** Returns the value of a fact by which a wave was made, as its name has it; undefined for a wave of another kind. */
export function valueIn({ name }: Wave, fact: string): string | undefined {
  return name.startsWith(`${fact} `) ? name.slice(fact.length + 1) : undefined
}

/** Returns all waves that a table of sizes makes of the hosts `from`, and the hosts in none of them. */
export function planWaves(
  sizes: readonly WaveSize[],
  from: readonly string[],
  all: readonly string[],
  factOf: FactOf,
): { waves: Wave[]; left: readonly string[] } {
  const waves: Wave[] = []
  let left = from
  for (const size of sizes) {
    const wave = nextWave(size, left, all, factOf)
    waves.push(wave)
    if (wave.hosts.length === 0) continue
    if (size.kind === 'each') {
      const taken = new Set(wave.hosts)
      left = left.filter((host) => !taken.has(host))
    } else left = left.slice(wave.hosts.length)
  }
  return { waves, left }
}

/** Returns hosts in random order: the same order for the same seed, on every machine. */
export function shuffle(hosts: readonly string[], seed: number): string[] {
  const random = mulberry32(seed)
  const order = [...hosts]
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1))
    const [a, b] = [order[last] ?? '', order[other] ?? '']
    order[last] = b
    order[other] = a
  }
  return order
}

function mulberry32(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

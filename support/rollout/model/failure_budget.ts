import type { Observation } from './verdict'

export type Allowance = { hosts: number } | { percent: number }

/**
 * The number of hosts that may fail before a rollout stops: none, unless a feature says otherwise. A host that failed
 * is out.
 */
export class FailureBudget {
  private rollout: Allowance | undefined
  private wave: Allowance | undefined
  private readonly failed = new Map<string, string>()

  allow(allowance: Allowance, scope: 'rollout' | 'wave'): void {
    if (scope === 'rollout') this.rollout = allowance
    else this.wave = allowance
  }

  /**
   * Returns whether these hosts may fail, beside those that have failed before. A wave in which no host is well is
   * never tolerated.
   */
  tolerates(failed: readonly string[], wave: readonly string[], all: readonly string[]): boolean {
    if (this.rollout === undefined && this.wave === undefined) return false
    const out = new Set([...this.failed.keys(), ...failed])
    const inWave = wave.filter((host) => out.has(host)).length
    return inWave < wave.length && fits(this.rollout, out.size, all) && fits(this.wave, inWave, wave)
  }

  putOut(observations: readonly Pick<Observation, 'host' | 'seen'>[]): void {
    for (const { host, seen } of observations) if (!this.failed.has(host)) this.failed.set(host, seen)
  }

  isOut(host: string): boolean {
    return this.failed.has(host)
  }

  /** The hosts that failed and were tolerated, each with what was seen then. */
  get out(): ReadonlyMap<string, string> {
    return this.failed
  }
}

/** Parses `2 hosts` or `5% of the hosts`; undefined for what is neither. */
export function parseAllowance(written: string): Allowance | undefined {
  const [, n, percent] = /^(?:(\d{1,6}) hosts?|(\d{1,3})% of the hosts)$/.exec(written) ?? []
  if (n !== undefined && Number(n) > 0) return { hosts: Number(n) }
  return percent !== undefined && Number(percent) > 0 && Number(percent) < 100
    ? { percent: Number(percent) }
    : undefined
}

function fits(allowance: Allowance | undefined, failed: number, of: readonly string[]): boolean {
  if (allowance === undefined) return true
  return 'hosts' in allowance ? failed <= allowance.hosts : failed * 100 <= allowance.percent * of.length
}

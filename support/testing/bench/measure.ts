import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

export interface Cost {
  /** Seconds from start to end. */
  wall: number
  cpu: number
  exitCode: number
  output: string
}

const FIVE_MINUTES = 300_000

/**
 * Runs a program to its end, or for `within` milliseconds. CPU time is that of the program and of all that it started.
 */
export function timed(
  command: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
  within = FIVE_MINUTES,
): Cost {
  const quoted = [command, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')
  const done = spawnSync('bash', ['-c', `TIMEFORMAT='@@%R %U %S'; time ${quoted}`], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, CI: 'true', ...env },
    maxBuffer: 256 * 1024 * 1024,
    timeout: within,
  })
  const [, wall = '0', user = '0', system = '0'] = /@@([\d.]+) ([\d.]+) ([\d.]+)/.exec(done.stderr) ?? []
  return {
    wall: Number(wall),
    cpu: Number(user) + Number(system),
    exitCode: done.status ?? -1,
    output: done.stdout,
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? NaN
}

/** Returns the median, and the least and the greatest value. */
export function spread(values: readonly number[], unit = ''): string {
  if (values.length === 0) return '-'
  const [least, most] = [Math.min(...values), Math.max(...values)]
  return `${round(median(values))}${unit} (${round(least)}–${round(most)})`
}

/** Returns the resident memory of a process, MB. */
export function residentMegabytes(pid: number): number {
  const [, kilobytes = '0'] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kilobytes) / 1024
}

export function round(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
}

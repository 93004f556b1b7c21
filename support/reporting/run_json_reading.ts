import { readFileSync } from 'node:fs'
import type { HostRange } from '../rollout/model/host_list'

/** The outcome of a step of a run, host by host. */
export interface ReadStep {
  line: number
  text: string
  passed: boolean
  counts: Record<string, number>
  hosts: { host: string; passed: boolean; kind: string; seen: string }[]
  unexpected: { host: string; detail: string; fails: boolean }[]
}

type Written = Omit<ReadStep, 'hosts'> & {
  cohorts: { passed: boolean; kind: string; seen: string; hosts: HostRange[] }[]
}

export interface ReadRun {
  exitCode: number
  reason: { message: string } | null
  steps: ReadStep[]
  outOfRotation: { host: string; obligation: string }[]
  plan: { id: string; path: string; changes: number; hosts: number } | null
}

/** Reads a `run.json`, with the hosts of each step by name. @throws Error when it cannot be read, or is none */
export function readRunJson(path: string): ReadRun {
  const report = JSON.parse(readFileSync(path, 'utf8')) as Omit<ReadRun, 'steps'> & {
    hosts: string[]
    steps: Written[]
  }
  const steps = report.steps.map(({ cohorts, ...step }) => ({
    ...step,
    hosts: cohorts.flatMap(({ hosts, ...seen }) =>
      hosts
        .flatMap(([first, last]) => report.hosts.slice(first, last + 1))
        .map((host) => ({ host, ...seen })),
    ),
  }))
  return { ...report, steps }
}

import { createHash } from 'node:crypto'
import { describeLimit } from '../rollout/model/limit'
import { nameHosts } from '../rollout/model/name_hosts'
import { cohorts, hasPassed, type PlannedChange } from '../rollout/model/verdict'
import type { RunState } from '../run/run_state'
import type { StepVerdict } from '../run/run_parts'

/** A plan of what a rollout would do, without anything that differs each time it is asked. */
export interface Plan {
  features: readonly { path: string; sha256: string; hosts: readonly string[] }[]
  environment: string
  /** The brokers and the collective; only there are hosts the same hosts. */
  fleet: string
  /** The parameters that the run was given; no secret is among them. */
  parameters: Readonly<Record<string, string>>
  /** The hosts that the run was limited to, in ClusterShell's form; absent where it was for all of its roll call. */
  limit?: string
  hosts: readonly string[]
  lines: readonly PlannedLine[]
  /** True when every line would pass. */
  passes: boolean
  /** The commits that tags were at, by `repository tag`; absent where the plan has seen none. */
  tags?: Readonly<Record<string, string>>
}

export interface PlannedLine {
  at: string
  text: string
  /** The planned outcomes of the line, each with the hosts that share it. */
  hosts: readonly {
    seen: string
    passed: boolean
    changes: boolean
    /** True when more than traffic would change. */
    affectsOthers: boolean
    /** True when none of them had anything to change when the line was carried out last. */
    isIdle?: boolean
    hosts: readonly string[]
  }[]
}

/** Returns the hosts that one feature of a plan was planned for. */
export function hostsOfPlan({ features }: Plan, path: string): readonly string[] {
  return features.find((feature) => feature.path === path)?.hosts ?? []
}

/** Returns the lines of one feature of a plan that have a result. */
export function linesOfPlan({ lines }: Plan, path: string): ReadonlySet<number> {
  const own = lines.filter(({ at }) => at.startsWith(`${path}:`))
  return new Set(own.map(({ at }) => Number(at.slice(path.length + 1))))
}

/** Returns the name of a plan, made from its content, so that equal plans have equal names. */
export function planId(plan: Plan): string {
  return createHash('sha256').update(JSON.stringify(plan)).digest('hex').slice(0, 12)
}

/** Returns what each line that has a verdict would do, host by host. */
export function plannedLines(verdicts: readonly StepVerdict[]): PlannedLine[] {
  return verdicts.map(({ uri, line, text, verdict }) => {
    const changing = new Map(
      verdict.observations.flatMap(({ host, planned }) =>
        planned?.changes === true ? [[host, planned] as const] : [],
      ),
    )
    return {
      at: `${uri}:${line}`,
      text,
      hosts: cohorts(verdict).map(({ seen, passed, hosts }) => ({
        seen,
        passed,
        changes: hosts.some((host) => changing.has(host)),
        affectsOthers: hosts.some((host) => changing.get(host)?.affectsOthers === true),
        ...(hosts.every((host) => changing.get(host)?.isIdle === true) ? { isIdle: true } : {}),
        hosts: [...hosts].sort(),
      })),
    }
  })
}

/**
 * Returns the changes that would leave a host other than it is, except stopping traffic and letting it through again.
 */
export function changedBy(run: Pick<RunState, 'verdicts'>): { host: string; change: string }[] {
  return run.verdicts.flatMap(({ verdict }) =>
    verdict.observations.flatMap(({ host, planned }) =>
      planned?.changes === true && planned.affectsOthers ? [{ host, change: describeChange(planned) }] : [],
    ),
  )
}

/** Returns the change that would leave a host other than it is, in a few words. */
export function describeChange({ resource, from, to }: PlannedChange): string {
  return `${resource}: ${from} → ${to ?? 'not known before'}`
}

export function planPasses(verdicts: readonly StepVerdict[]): boolean {
  return verdicts.every(({ verdict }) => hasPassed(verdict))
}

/** Returns the ways in which two plans differ, as sentences; none when they are the same. */
export function differences(approved: Plan, now: Plan): string[] {
  const found: string[] = []
  const differ = (what: string, one: unknown, other: unknown) => {
    if (JSON.stringify(one) !== JSON.stringify(other)) found.push(what)
  }
  for (const { path, sha256 } of approved.features) {
    const same = now.features.find((feature) => feature.path === path)
    if (same === undefined) found.push(`${path} is not among the features now`)
    else if (same.sha256 !== sha256) found.push(`${path} was changed`)
  }
  for (const { path } of now.features)
    if (!approved.features.some((feature) => feature.path === path)) found.push(`${path} was not planned`)
  differ(
    `it was made for ${approved.environment}, and this is ${now.environment}`,
    approved.environment,
    now.environment,
  )
  differ(`it was made for the fleet ${approved.fleet}, and this is ${now.fleet}`, approved.fleet, now.fleet)
  const names = new Set([...Object.keys(approved.parameters), ...Object.keys(now.parameters)])
  for (const name of names)
    differ(
      `${name} was ${approved.parameters[name] ?? 'not set'} and is ${now.parameters[name] ?? 'not set'}`,
      approved.parameters[name],
      now.parameters[name],
    )
  differ(
    `it was made ${describeLimit(approved.limit)}, and this run is ${describeLimit(now.limit)}`,
    approved.limit,
    now.limit,
  )
  const [before, here] = [new Set(approved.hosts), new Set(now.hosts)]
  const added = now.hosts.filter((host) => !before.has(host))
  const gone = approved.hosts.filter((host) => !here.has(host))
  if (added.length > 0) found.push(`not planned for: ${nameHosts(added)}`)
  // Hosts that the limit leaves out may be there.
  if (gone.length > 0 && now.limit === undefined) found.push(`not there any more: ${nameHosts(gone)}`)
  for (const { path, hosts } of found.length > 0 ? [] : approved.features)
    differ(`${path} was planned for other hosts of them`, hosts, hostsOfPlan(now, path))
  if (found.length > 0) return found
  now.lines.forEach((line, index) => {
    const before = approved.lines[index]
    if (JSON.stringify(before) !== JSON.stringify(line))
      found.push(`${line.at} (${line.text}): ${fate(before)} was planned; now ${fate(line)}`)
  })
  for (const [tag, commit] of Object.entries(approved.tags ?? {})) {
    const here = now.tags?.[tag] ?? 'no commit'
    differ(`the tag ${tag} was at ${commit} and is at ${here}`, commit, here)
  }
  if (found.length === 0) differ('its tags are not the same', approved.tags, now.tags)
  if (found.length === 0) differ('its lines are not the same', approved.lines, now.lines)
  return found
}

function fate(line: PlannedLine | undefined): string {
  if (line === undefined) return 'nothing'
  return line.hosts.map(({ seen, hosts }) => `${seen} (${nameHosts(hosts)})`).join('; ')
}

import { pin } from '../config/variables'
import { foldHosts } from '../rollout/model/fold_hosts'
import { clean } from '../rollout/model/verdict'
import type { PlannedScenario, PlannedStep } from '../run/run_parts'
import { kindOf } from '../sentences/catalogue'
import { LockstepError } from '../system/errors'
import { recoveryOf } from './recovery'

/** All that the feature of a rollback is written from. */
export interface RollbackText {
  from: string
  to: string
  /** The run by which the release before came, and its feature. */
  run: string
  feature: string
  /** The text of that feature as it was run. */
  source: string
  plan: readonly PlannedScenario[]
  /** The hosts, in the order of their waves. */
  hosts: readonly string[]
  /** The number of hosts in each wave; undefined where waves stay as they are written. */
  waves: readonly number[] | undefined
  /** The values of the variables that the run had, but for secrets. */
  values: ReadonlyMap<string, string>
  versions: ReadonlyMap<string, string>
  /** The changes that it does not undo, in sentences. */
  limits: readonly string[]
  /** The commands that lint, plan and run the feature. */
  commands: readonly string[]
}

/**
 * Writes the feature that brings hosts back to the release before: its own feature, for these hosts, with the versions
 * that they had. "The newest version" would be that of the release which is rolled back.
 * @throws LockstepError `gate-closed` where a line does not say which version it would bring
 */
export function rollbackFeatureOf(text: RollbackText): string {
  const { from, to, run, feature, hosts, versions, limits, commands, waves, values } = text
  const { source, dropped } = withVersions(text)
  return recoveryOf(source, {
    plan: text.plan,
    title: `back to release ${to}`,
    hosts,
    waves,
    values,
    header: [
      `Back from release ${from} to release ${to}, by run ${run} of ${clean(feature)}.`,
      `Hosts that release ${from} has changed: ${foldHosts(hosts).join(', ')}.`,
      ...[...versions].map(([name, version]) => `Before release ${from} they had ${name} ${version}.`),
      ...(dropped ? ['A line that forbids older versions is left out: this brings one.'] : []),
      ...limits,
      'Read it, then:',
      ...commands.map((command) => `  ${command}`),
      '',
    ],
  })
}

/** Returns the text with a version in each line that brings a package, and without a line that forbids older ones. */
function withVersions({ source, plan, versions, values, to }: RollbackText): {
  source: string
  dropped: boolean
} {
  const lines = source.replace(/^\uFEFF/, '').split(/\r\n|\n/)
  const brought = new Set<string>()
  let dropped = false
  for (const step of plan.flatMap(({ steps }) => steps)) {
    const kind = kindOf(step.expression)
    const written = lines[step.line - 1] ?? ''
    if (kind === 'forbids older versions') {
      lines[step.line - 1] = ''
      dropped = true
    }
    if (kind !== 'changes package') continue
    const [name, version] = packageIn(step)
    brought.add(name)
    const wanted = versions.get(name)
    if (wanted !== undefined && version === wanted) continue
    if (wanted === undefined && version !== undefined) continue
    if (wanted === undefined)
      throw refuse(
        `line ${step.line} of the feature brings the newest ${name}, and the history does not know which version release ${to} had`,
      )
    if (version !== undefined)
      throw refuse(
        `line ${step.line} of the feature brings ${name} ${version}, and the hosts had ${wanted}: other means have changed it in between`,
      )
    const pinned = pin(written, (each) => values.get(each)) ?? written
    if (!pinned.includes(`the package ${name}`) || /<[^<>]+>/.test(pinned))
      throw refuse(
        `line ${step.line} of the feature has its package from a table: write its version ${wanted} by hand`,
      )
    lines[step.line - 1] = pinned.replace(
      /I update the package (\S+)/,
      `I install version ${wanted} of the package $1`,
    )
  }
  const missing = [...versions.keys()].find((name) => !brought.has(name))
  if (missing !== undefined)
    throw refuse(
      `the release has changed the package ${missing}, and no line of the feature of release ${to} brings one`,
    )
  return { source: lines.join('\n'), dropped }
}

/** Returns the package of a line, and its version; undefined for the newest one. */
function packageIn({ values }: PlannedStep): [string, string | undefined] {
  const of = (type: string) => values.find((value) => value.type === type)?.value
  return [of('package') ?? '', of('version')]
}

function refuse(why: string): LockstepError {
  return new LockstepError('gate-closed', `${why}; nothing was written`)
}

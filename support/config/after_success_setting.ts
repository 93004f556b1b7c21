import { existsSync, realpathSync, statSync } from 'node:fs'
import { isAbsolute, join, normalize, relative } from 'node:path'
import * as v from 'valibot'
import { LockstepError } from '../system/errors'
import { duration } from './duration_setting'
import { allowKnownKeys } from './known_keys'

/** The acts that follow when the tests of a commit have succeeded; each but the first two includes those before it. */
const AFTER_SUCCESSES = ['nothing', 'fetch', 'plan', 'approval', 'run without approval'] as const
const AFTER_SUCCESS = 'nothing, fetch, plan, approval or run without approval'
const CLASS = 'a class, such as roles::website'
const FEATURE =
  'the path of a feature below the folder of lockstep.yaml, of letters, digits, ., - and _, such as features/website.feature'
const VARIABLE = 'the name of a variable of the feature, such as tag'

const feature = v.pipe(v.string(FEATURE), v.regex(/^[\w./][\w./-]*\.feature$/, FEATURE))

/** The schema of `hosts`: the hosts that fetch what has passed its tests. */
export const hostsSetting = v.optional(
  allowKnownKeys({ class: v.pipe(v.string(CLASS), v.regex(/^[\w:.-]+$/, CLASS)) }),
)

/** The schema of `deploy`: the feature that deploys a tag of the repository. */
export const deploySetting = v.optional(
  v.union(
    [
      feature,
      allowKnownKeys({
        feature,
        variable: v.optional(v.pipe(v.string(VARIABLE), v.regex(/^[A-Za-z_][\w-]*$/, VARIABLE)), 'tag'),
        within: v.optional(duration, '10 minutes'),
      }),
    ],
    `${FEATURE}, or { feature: … }`,
  ),
)

/** The schema of `after_success`. */
export const afterSuccessSetting = v.optional(
  v.record(
    v.string(),
    v.picklist(AFTER_SUCCESSES, AFTER_SUCCESS),
    `environments, each with ${AFTER_SUCCESS}`,
  ),
  {},
)

/** The hosts of one environment that fetch. */
export interface FetchSettings {
  environment: string
  hostClass: string
}

/** The way of a plan to a rollout: none, once a person has approved it, or since the configuration says so. */
export const APPROVALS = ['none', 'person', 'configuration'] as const
export type ApprovalBy = (typeof APPROVALS)[number]

/** The deploy of a tag to the hosts of one environment. */
export interface DeploySettings {
  environment: string
  /** The path of the feature from the folder of lockstep.yaml. */
  feature: string
  /** The variable that the feature has for the tag. */
  variable: string
  /** Milliseconds that a plan may take. */
  within: number
  approval: ApprovalBy
}

/** The keys of a repository that say what follows a success. */
interface Written {
  after_success: v.InferOutput<typeof afterSuccessSetting>
  hosts?: v.InferOutput<typeof hostsSetting>
  deploy?: v.InferOutput<typeof deploySetting>
  ci?: object | undefined
  tags: readonly string[]
}

interface Surroundings {
  environments: readonly string[]
  /** The folder of lockstep.yaml. */
  folder: string
  /** Returns the `path:line` of a key of the repository. */
  where(...below: string[]): string
}

/**
 * Returns what follows a success, by environment.
 * @throws LockstepError `bad-config`: file, line, what was expected
 */
export function resolveAfterSuccess(
  written: Written,
  surroundings: Surroundings,
): { fetches: FetchSettings[]; deploys: DeploySettings[] } {
  const { after_success: wanted, hosts, ci, tags } = written
  const { environments, where } = surroundings
  const refuse = (what: string, ...below: string[]) =>
    new LockstepError('bad-config', `${where('after_success', ...below)}: ${what}`)
  const named = Object.keys(wanted).find((name) => !environments.includes(name))
  if (named !== undefined)
    throw refuse(
      `there is no environment ${named}; expected one of: ${environments.join(', ') || 'none is configured'}`,
      named,
    )
  const fetching = Object.keys(wanted).filter((name) => wanted[name] !== 'nothing')
  const [first] = fetching
  if (first === undefined) return { fetches: [], deploys: [] }
  if (hosts === undefined)
    throw refuse(
      'which hosts fetch is not said; expected beside it hosts, such as hosts: { class: roles::website }',
      first,
    )
  if (ci === undefined)
    throw refuse(
      'nothing is tested, and so nothing ever succeeds; expected beside it ci, such as ci: { command: [npm, test] }',
      first,
    )
  if (tags.length === 0)
    throw refuse('hosts fetch tags alone; expected beside it tags, such as tags: [v*]', first)
  const deploys = fetching.flatMap((environment): DeploySettings[] => {
    const act = wanted[environment]
    if (act === 'nothing' || act === 'fetch' || act === undefined) return []
    if (written.deploy === undefined)
      throw refuse(
        `which feature deploys is not said; expected beside it deploy, such as deploy: features/website.feature`,
        environment,
      )
    return [{ environment, ...readDeploy(written.deploy, surroundings), approval: APPROVAL_OF[act] }]
  })
  return { fetches: fetching.map((environment) => ({ environment, hostClass: hosts.class })), deploys }
}

/**
 * Expects that no build can write the state, where rollouts follow: it could forge what is approved. `open` are the
 * repositories whose builds run as the user of `lockstep serve`.
 * @throws LockstepError `bad-config`
 */
export function expectUnforged(
  repositories: readonly { name: string; deploys?: readonly DeploySettings[] }[],
  [open]: readonly { name: string }[],
  where: (...below: string[]) => string,
): void {
  if (open === undefined) return
  for (const { name, deploys = [] } of repositories) {
    const rolledOut = deploys.find(({ approval }) => approval !== 'none')
    if (rolledOut !== undefined)
      throw new LockstepError(
        'bad-config',
        `${where('repositories', name, 'after_success', rolledOut.environment)}: builds of ${open.name} run as the user of lockstep serve, and could forge what is approved; expected a user of their own, as in ci: { user: lockstep-build }`,
      )
  }
}

const APPROVAL_OF = {
  plan: 'none',
  approval: 'person',
  'run without approval': 'configuration',
} as const satisfies Record<string, ApprovalBy>

const WITHIN_MS = 600_000

function readDeploy(
  written: NonNullable<Written['deploy']>,
  { folder, where }: Surroundings,
): Pick<DeploySettings, 'feature' | 'variable' | 'within'> {
  const deploy =
    typeof written === 'string' ? { feature: written, variable: 'tag', within: WITHIN_MS } : written
  const at = typeof written === 'string' ? where('deploy') : where('deploy', 'feature')
  const refuse = (what: string) => new LockstepError('bad-config', `${at}: ${what}`)
  const path = join(folder, deploy.feature)
  if (isAbsolute(deploy.feature) || isOutside(folder, path))
    throw refuse(`${deploy.feature} lies outside the folder of lockstep.yaml; expected ${FEATURE}`)
  if (!existsSync(path) || !statSync(path).isFile())
    throw refuse(`there is no file ${path}; expected ${FEATURE}`)
  // A link may lead to where others write.
  if (isOutside(realpathSync(folder), realpathSync(path)))
    throw refuse(
      `${deploy.feature} is a link, and leads outside the folder of lockstep.yaml; expected ${FEATURE}`,
    )
  return { ...deploy, feature: normalize(deploy.feature) }
}

function isOutside(folder: string, path: string): boolean {
  const below = relative(folder, path)
  return below === '' || below.split('/')[0] === '..' || isAbsolute(below)
}

import { dirname, resolve } from 'node:path'
import * as v from 'valibot'
import { LockstepError } from '../system/errors'
import { REPOSITORY_NAME } from '../system/git_names'
import { buildSetting, resolveBuild, userOf, type BuildSettings } from './build_setting'
import {
  afterSuccessSetting,
  deploySetting,
  expectUnforged,
  hostsSetting,
  resolveAfterSuccess,
  type DeploySettings,
  type FetchSettings,
} from './after_success_setting'
import { destinationSetting } from './build_queues'
import { isLoopback } from './console_setting'
import { readConfigFile } from './files'
import { allowKnownKeys } from './known_keys'
import type { ProcessContext } from './mcollective_cfg'
import { packagesSetting, resolvePackages, type PackagesSettings } from './packages_setting'
import { REPOSITORY, urlSetting } from './repository_setting'
import { expectRunners, mayReport, resolveRunners, runnersSetting, type KnownRunner } from './runners_setting'
import { secretFilesOf } from './secret_files'
import { expectOwnSecrets } from './report_secrets'
import { eyaml, secret, SecretReader, type ReadSecret, type SecretSetting } from './secrets'
import { resolveStatus, statusSetting, type StatusSettings } from './status_setting'
import { layoutSetting, resolveAddress, svnSetting, type SvnSettings } from './svn_setting'
import { placesIn, readYaml } from './yaml_file'

const GLOB = 'a whole name such as main, or one with stars such as v*'
const TRIGGER = 'hook, {github: …}, {gitlab: …}, {gitea: …} or {hmac: …}'

const path = v.pipe(v.string('a path'), v.minLength(1, 'a path'))
const port = v.pipe(
  v.number('a port number'),
  v.integer('a port number'),
  v.minValue(1, 'a port from 1'),
  v.maxValue(65_535, 'a port up to 65535'),
)
const globs = v.optional(
  v.array(v.pipe(v.string(GLOB), v.regex(/^[^\s~^:?[\\\p{Cc}]+$/u, GLOB)), `a list: each ${GLOB}`),
  [],
)
const signed = allowKnownKeys({ secret })

const trigger = v.union(
  [
    v.literal('hook'),
    allowKnownKeys({ github: signed }),
    allowKnownKeys({
      gitlab: allowKnownKeys({ token: v.optional(secret), signing_key: v.optional(secret) }),
    }),
    allowKnownKeys({ gitea: signed }),
    allowKnownKeys({ hmac: signed }),
  ],
  TRIGGER,
)

const bus = allowKnownKeys({
  environment: v.optional(v.pipe(v.string('the name of an environment'), v.minLength(1))),
  destination: destinationSetting,
  exchange: v.optional(
    v.pipe(v.string('the name of an exchange'), v.regex(/^[\w.-]{1,200}$/, 'the name of an exchange')),
  ),
})

const repository = allowKnownKeys({
  url: v.optional(urlSetting),
  svn: svnSetting,
  layout: layoutSetting,
  branches: globs,
  tags: globs,
  trigger: v.pipe(v.array(trigger, `a list of: ${TRIGGER}`), v.minLength(1, `at least one of: ${TRIGGER}`)),
  ci: v.optional(buildSetting),
  status: v.optional(statusSetting),
  hosts: hostsSetting,
  deploy: deploySetting,
  after_success: afterSuccessSetting,
})

/** The schema of `pipeline`: the repositories whose pushes Lockstep follows. */
export const pipelineSetting = allowKnownKeys({
  spool: v.optional(path, '/var/spool/lockstep'),
  listen: v.optional(
    allowKnownKeys({
      host: v.optional(v.pipe(v.string(), v.regex(/^[\w.:-]+$/, 'a host name or address')), '127.0.0.1'),
      port: v.optional(port, 8090),
      behind_proxy: v.optional(v.boolean('true or false'), false),
    }),
    {},
  ),
  bus: v.optional(bus),
  notifications: v.optional(
    allowKnownKeys({
      environment: v.optional(v.pipe(v.string('the name of an environment'), v.minLength(1))),
    }),
  ),
  runners: v.optional(runnersSetting, {}),
  repositories: v.optional(
    v.record(
      v.pipe(v.string(), v.regex(REPOSITORY_NAME, REPOSITORY)),
      repository,
      `names of repositories, each with url or svn, trigger, and branches or tags`,
    ),
    {},
  ),
  packages: v.optional(
    v.record(
      v.pipe(v.string(), v.regex(REPOSITORY_NAME, REPOSITORY)),
      packagesSetting,
      `names of package repositories, each with hosts and environments`,
    ),
    {},
  ),
})

/** A source that may tell of a push. Each but `hook` has an address of its own, and a proof that it is no stranger. */
export type Trigger =
  | { kind: 'hook' }
  | { kind: 'github' | 'gitea' | 'hmac'; secret: string }
  /** At least one of both is there; with a signing key, a token alone is not enough. */
  | { kind: 'gitlab'; token: string | undefined; signingKey: string | undefined }

/** A repository whose pushes are followed. */
export interface RepositorySettings {
  name: string
  /** The only place that anything is fetched from. No message can name another. */
  url: string
  /** The Subversion repository; its git mirror is made here, and `url` is where that is served. Absent for a git repository. */
  svn?: SvnSettings | undefined
  /** The whole names, with stars, of branches and tags that start something. */
  branches: readonly string[]
  tags: readonly string[]
  triggers: readonly Trigger[]
  build: BuildSettings | undefined
  /** The server that shows the results of tests; absent where none does. */
  status?: StatusSettings | undefined
  /** The hosts that fetch what has passed its tests; absent where there are none. */
  fetches?: readonly FetchSettings[]
  /** The environments for which a deploy of what has passed is planned; absent where there are none. */
  deploys?: readonly DeploySettings[]
}

/** Where events are published. */
export interface BusSettings {
  /** The environment of whose fleet it is the broker; undefined for the default one. */
  environment: string | undefined
  /** The name of the topic; that of the sentences ends with `.events`. */
  destination: string
  /** The exchange of RabbitMQ; undefined for its own one for topics. */
  exchange: string | undefined
  /** Its `path:line`. */
  where: string
}

/** Whose channels tell people what happens in the pipeline. */
export interface NewsSettings {
  /** The environment with these channels; undefined for the default one. */
  environment: string | undefined
  /** Its `path:line`. */
  where: string
}

/** The pipeline of a lockstep.yaml. */
export interface PipelineSettings {
  /** The folder that hooks leave pushes in. */
  spool: string
  listen: { host: string; port: number }
  /** Undefined where nothing is published. */
  bus: BusSettings | undefined
  /** Whose notifications tell people of releases; absent where nobody is told. */
  notifications?: NewsSettings | undefined
  /** The runners whose results count, by the names of their keys. */
  runners: ReadonlyMap<string, KnownRunner>
  repositories: readonly RepositorySettings[]
  /** The package repositories that announce what they publish; absent where there are none. */
  packages?: readonly PackagesSettings[]
  /** Warnings for an operator about the places of secrets, and about builds that nothing shuts in. */
  warnings: readonly string[]
  /** The files that secrets come from. */
  secretFiles: readonly string[]
}

/**
 * Reads the pipeline of a `lockstep.yaml`; undefined where it has none.
 * @throws LockstepError `bad-config`: file, line, what was expected
 */
export function readPipelineSetting(
  configPath: string,
  { env }: Pick<ProcessContext, 'env'>,
): PipelineSettings | undefined {
  const text = readConfigFile(configPath, 'configuration', 'Lockstep')
  const schema = v.looseObject({
    eyaml: v.optional(eyaml),
    environments: v.optional(v.record(v.string(), v.unknown()), {}),
    pipeline: v.optional(pipelineSetting),
    console: v.optional(v.looseObject({ tls: v.optional(v.unknown()) })),
  })
  const { eyaml: keys, environments, pipeline, console: pages } = readYaml(configPath, text, schema)
  if (pipeline === undefined) return undefined
  const places = placesIn(configPath, text)
  const secrets = new SecretReader(places, keys, env)
  const where = (...below: (string | number)[]) => places.where(['pipeline', ...below])
  const { host, port: number, behind_proxy: isProxied } = pipeline.listen
  if (!isProxied && pages?.tls === undefined && !isLoopback(host))
    throw new LockstepError(
      'bad-config',
      `${where('listen')}: ${host} can be reached from elsewhere, and nothing encrypts what is sent there; expected 127.0.0.1, or behind_proxy: true where a proxy with TLS stands in front`,
    )
  const runners = resolveRunners(pipeline.runners, Object.keys(pipeline.repositories), (name) =>
    where('runners', name),
  )
  const repositories = Object.entries(pipeline.repositories).map(([name, written]) => {
    const at = ['repositories', name]
    const own = [...runners.values()].filter((runner) => mayReport(runner, name))
    const runnersAre = { hasBus: pipeline.bus !== undefined, runnerCount: own.length }
    expectRunners(written.ci, runnersAre, where(...at, 'ci'))
    if (written.branches.length + written.tags.length === 0)
      throw new LockstepError(
        'bad-config',
        `${where(...at)}: nothing would ever start: expected branches or tags, such as branches: [main]`,
      )
    return {
      name,
      ...resolveAddress(written, (...below) => where(...at, ...below)),
      branches: written.branches,
      tags: written.tags,
      triggers: resolveTriggers(written.trigger, where(...at, 'trigger'), (from, what, ...below) =>
        secrets.read(from, what, ['pipeline', ...at, 'trigger', ...below]),
      ),
      build:
        written.ci &&
        resolveBuild(written.ci, (from, what, ...below) =>
          secrets.read(from, what, ['pipeline', ...at, 'ci', ...below]),
        ),
      status:
        written.status &&
        resolveStatus(
          written.status,
          (...below) => where(...at, 'status', ...below),
          (from, what, ...below) => secrets.read(from, what, ['pipeline', ...at, 'status', ...below]),
          (file, ...below) =>
            readConfigFile(
              resolve(dirname(configPath), file),
              'CA certificate',
              where(...at, 'status', ...below),
            ),
        ),
      ...resolveAfterSuccess(written, {
        environments: Object.keys(environments),
        folder: dirname(resolve(configPath)),
        where: (...below) => where(...at, ...below),
      }),
    }
  })
  expectOwnSecrets(repositories, (name) => where('repositories', name, 'ci', 'reports', 'secret'))
  const packages = resolvePackages(pipeline.packages, Object.keys(environments), where)
  if (repositories.length + packages.length === 0 && pages === undefined)
    throw new LockstepError(
      'bad-config',
      `${where()}: there is nothing to follow; expected repositories, packages or both`,
    )
  const built = repositories.filter(({ build }) => build?.kind === 'command')
  const open = built.filter(({ build }) => userOf(build) === undefined)
  expectUnforged(repositories, open, where)
  const [first] = open
  if (first !== undefined && open.length < built.length)
    throw new LockstepError(
      'bad-config',
      `${where('repositories', first.name, 'ci')}: other repositories have a user, and a build without one could write their results; expected user: a name`,
    )
  return {
    spool: resolve(dirname(configPath), pipeline.spool),
    listen: { host, port: number },
    bus: pipeline.bus && {
      environment: pipeline.bus.environment,
      destination: pipeline.bus.destination,
      exchange: pipeline.bus.exchange,
      where: where('bus'),
    },
    notifications: pipeline.notifications && {
      environment: pipeline.notifications.environment,
      where: where('notifications'),
    },
    runners,
    repositories,
    packages,
    secretFiles: [...new Set([...secrets.files, ...secretFilesOf([keys, environments], configPath)])],
    warnings: [
      ...secrets.warnings,
      ...open.map(
        ({ name }) =>
          `${where('repositories', name, 'ci')}: builds of ${name} run as the user of lockstep serve, and can read its keys and write its journals; name a user for them, as in ci: { user: lockstep-build }`,
      ),
      ...repositories
        .filter(({ url }) => /^https?:\/\/[^/?#@]*:[^/?#]*@/i.test(url))
        .map(
          ({ name }) =>
            `${where('repositories', name, 'url')}: all users of this machine can see the password of this url in the list of processes; put it into ~/.netrc`,
        ),
    ],
  }
}

/** The spool of a pipeline, as it is configured. */
export interface SpoolSetting {
  path: string
  /** True where a repository has hooks that leave pushes there. */
  isUsed: boolean
  /** True where package repositories leave announcements below it. */
  isForPackages: boolean
  /** True where Subversion repositories have hooks that leave revisions below it. */
  isForRevisions: boolean
  /** The users that builds run as. */
  buildUsers: readonly string[]
  /** The repositories whose commits are tested. */
  built: readonly string[]
  /** True where rollouts are begun: they outlive the process. */
  rollsOut: boolean
  /** Those of them whose tests another CI starts by itself. */
  reported: readonly string[]
}

/**
 * Reads which spool the pipeline of a `lockstep.yaml` has, and none of its secrets; undefined where there is no pipeline.
 * @throws LockstepError `bad-config`: file, line, what was expected
 */
export function readSpoolSetting(configPath: string): SpoolSetting | undefined {
  const text = readConfigFile(configPath, 'configuration', 'Lockstep')
  const { pipeline } = readYaml(configPath, text, v.looseObject({ pipeline: v.optional(pipelineSetting) }))
  if (pipeline === undefined) return undefined
  const hooked = Object.values(pipeline.repositories).filter(({ trigger: all }) => all.includes('hook'))
  const isUsed = hooked.some(({ svn }) => svn === undefined)
  const isForRevisions = hooked.some(({ svn }) => svn !== undefined)
  const users = Object.values(pipeline.repositories).flatMap(({ ci }) => ci?.user ?? [])
  const built = Object.entries(pipeline.repositories).flatMap(([name, { ci }]) =>
    ci === undefined ? [] : [name],
  )
  const reported = built.filter((name) => pipeline.repositories[name]?.ci?.reports !== undefined)
  const spool = resolve(dirname(configPath), pipeline.spool)
  const isForPackages = Object.keys(pipeline.packages).length > 0
  const rollsOut = Object.values(pipeline.repositories).some(({ after_success: acts }) =>
    Object.values(acts).some((act) => act === 'approval' || act === 'run without approval'),
  )
  return {
    path: spool,
    isUsed,
    isForPackages,
    isForRevisions,
    buildUsers: [...new Set(users)],
    built,
    reported,
    rollsOut,
  }
}

function resolveTriggers(
  written: v.InferOutput<typeof repository>['trigger'],
  where: string,
  read: ReadSecret,
): Trigger[] {
  const triggers = written.map((one, index): Trigger => {
    if (one === 'hook') return { kind: 'hook' }
    if ('gitlab' in one) {
      const { token, signing_key: key } = one.gitlab
      if (token === undefined && key === undefined)
        throw new LockstepError('bad-config', `${where}: gitlab has neither token nor signing_key`)
      return {
        kind: 'gitlab',
        token: token && read(token, 'token of gitlab', index, 'gitlab', 'token'),
        signingKey:
          key && expectSigningKey(read(key, 'signing key of gitlab', index, 'gitlab', 'signing_key'), where),
      }
    }
    const [kind, { secret: from }] = Object.entries(one)[0] as [
      'github' | 'gitea' | 'hmac',
      { secret: SecretSetting },
    ]
    return { kind, secret: read(from, `secret of ${kind}`, index, kind, 'secret') }
  })
  const twice = triggers.find(({ kind }, index) => triggers.findIndex((other) => other.kind === kind) < index)
  if (twice !== undefined)
    throw new LockstepError('bad-config', `${where}: ${twice.kind} is there twice; expected each kind once`)
  return triggers
}

/** Base64 that is not whole would be read as a shorter key, down to one that everybody has. */
function expectSigningKey(key: string, where: string): string {
  const written = /^whsec_((?:[\w+/-]{4})*(?:[\w+/-]{2}==|[\w+/-]{3}=)?)$/.exec(key)?.[1]
  if (!key.startsWith('whsec_') || Buffer.from(written ?? '', 'base64').length >= MIN_KEY_BYTES) return key
  throw new LockstepError(
    'bad-config',
    `${where}: the signing key of gitlab begins with whsec_, and what follows is no base64 of ${MIN_KEY_BYTES} bytes or more; copy it whole`,
  )
}

const MIN_KEY_BYTES = 16

import { createPrivateKey, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { dirname, resolve } from 'node:path'
import * as v from 'valibot'
import { LockstepError } from '../system/errors'
import { duration } from './duration_setting'
import { readConfigFile } from './files'
import { allowKnownKeys } from './known_keys'
import type { ProcessContext } from './mcollective_cfg'
import { nearest } from './nearest'
import { expectEncrypted, openidSetting, resolveOpenid, type OpenIdSettings } from './openid_setting'
import { eyaml, SecretReader } from './secrets'
import { placesIn, readYaml, type YamlPlaces } from './yaml_file'

const ADDRESS = 'an address such as https://deploy.example.org, without a path'
const PROXY = 'an address such as 127.0.0.1'
const HEADER = 'the name of a header, such as X-Remote-User'

const path = v.pipe(v.string('a path'), v.minLength(1, 'a path'))
const header = v.pipe(v.string(HEADER), v.regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, HEADER))

const proxySetting = allowKnownKeys({
  from: v.pipe(
    v.array(
      v.pipe(
        v.string(PROXY),
        v.check((text) => isIP(text) !== 0, PROXY),
      ),
      `a list: each ${PROXY}`,
    ),
    v.minLength(1, `at least one ${PROXY}`),
  ),
  user: v.optional(header),
  groups: v.optional(header),
})

/** Who may approve what a person has asked for: another person, anybody who may approve, or no one has to. */
const APPROVALS = ['another person', 'anybody', 'none'] as const
export type ConsoleApproval = (typeof APPROVALS)[number]

const APPROVAL = 'another person, anybody or none, or environments, each with one of them'
const approval = v.picklist(APPROVALS, APPROVAL)

const FEATURES = 'a path below the folder of lockstep.yaml, such as features/deployments/*.feature'
const feature = v.pipe(
  v.string(FEATURES),
  v.check((text) => /^(?!\/)(?!.*(?:^|\/)\.\.?(?:\/|$)).+\.feature$/.test(text), FEATURES),
)

/** The schema of `console`: the pages of `lockstep serve`, and who may do what there. */
export const consoleSetting = allowKnownKeys({
  people: v.optional(path),
  openid: v.optional(openidSetting),
  policy: path,
  address: v.optional(
    v.pipe(
      v.string(ADDRESS),
      v.check((text) => originOf(text) !== undefined, ADDRESS),
    ),
  ),
  session: v.optional(duration, '12 hours'),
  idle: v.optional(duration, '1 hour'),
  tls: v.optional(allowKnownKeys({ certificate: path, key: path })),
  proxy: v.optional(proxySetting),
  features: v.optional(v.array(feature, `a list: each ${FEATURES}`), []),
  approval: v.optional(v.union([approval, v.record(v.string(), approval)], APPROVAL), 'another person'),
})

const shape = v.looseObject({
  eyaml: v.optional(eyaml),
  environments: v.optional(v.record(v.string(), v.unknown()), {}),
  console: v.optional(consoleSetting),
})

/** The proxy through which all requests for pages come. */
export interface ProxySettings {
  /** The addresses that it comes from. */
  from: readonly string[]
  /** The header in which it names the person, in lower case; undefined where people log in here. */
  user: string | undefined
  /** The header with their groups. */
  groups: string | undefined
}

/** The console of a lockstep.yaml. Paths are absolute. */
export interface ConsoleSettings {
  /** Undefined where a proxy or an OpenID provider names the person. */
  people: string | undefined
  /** The provider at which people log in; undefined where they do not. */
  openid: OpenIdSettings | undefined
  policy: string
  /** The origins that browsers know it by, such as `https://deploy.example.org`; the first is its own. */
  origins: readonly string[]
  sessionMs: number
  idleMs: number
  /** The texts of the certificate and its key. */
  tls: { cert: string; key: string } | undefined
  proxy: ProxySettings | undefined
  /** The environments that a policy can name. */
  environments: readonly string[]
  /** The files with secrets that no build may read. */
  secretFiles: readonly string[]
  /** The features that people may start, as globs below the folder of lockstep.yaml. */
  features: readonly string[]
  /** Who may approve, by environment; another person than the one who asked where it has none. */
  approval: Readonly<Record<string, ConsoleApproval>>
}

/**
 * Reads the console of a `lockstep.yaml`; undefined where it has none. `listen` is where `lockstep serve` listens.
 * @throws LockstepError `bad-config`: file, line, what was expected
 */
export function readConsoleSetting(
  configPath: string,
  { host, port }: { host: string; port: number },
  { env }: Pick<ProcessContext, 'env'>,
): ConsoleSettings | undefined {
  const text = readConfigFile(configPath, 'configuration', 'Lockstep')
  const { eyaml: keys, environments, console: written } = readYaml(configPath, text, shape)
  if (written === undefined) return undefined
  const places = placesIn(configPath, text)
  const names = Object.keys(environments)
  const own = expectWhole(written, { host, names }, places)
  const { people, openid, policy, tls, proxy } = written
  const at = (relative: string) => resolve(dirname(configPath), relative)
  const secrets = new SecretReader(places, keys, env)
  return {
    people: people === undefined ? undefined : at(people),
    openid: openid && resolveOpenid(openid, places, secrets),
    policy: at(policy),
    origins:
      own === undefined
        ? ['127.0.0.1', 'localhost', '[::1]'].map((name) => new URL(`http://${name}:${port}`).origin)
        : [own],
    sessionMs: written.session,
    idleMs: written.idle,
    tls: tls && readPair(at(tls.certificate), at(tls.key), places.where(['console', 'tls'])),
    proxy: proxy && {
      from: proxy.from,
      user: proxy.user?.toLowerCase(),
      groups: proxy.groups?.toLowerCase(),
    },
    environments: names,
    secretFiles: [...secrets.files, ...(tls === undefined ? [] : [at(tls.key)])],
    features: written.features,
    approval: approvalsOf(written.approval, names),
  }
}

/**
 * Returns whether a `lockstep.yaml` has a console. It reads no other file, and no secret.
 * @throws LockstepError `bad-config` where it has one that could not start
 */
export function checkConsoleSetting(configPath: string, { host }: { host: string }): boolean {
  const text = readConfigFile(configPath, 'configuration', 'Lockstep')
  const { environments, console: written } = readYaml(configPath, text, shape)
  if (written === undefined) return false
  const places = placesIn(configPath, text)
  expectWhole(written, { host, names: Object.keys(environments) }, places)
  if (written.openid !== undefined) expectEncrypted(written.openid, places)
  return true
}

/** Returns the origin of its address, if it has one. @throws LockstepError `bad-config` where its parts do not fit together */
function expectWhole(
  { people, openid, address, tls, proxy, approval }: v.InferOutput<typeof consoleSetting>,
  { host, names }: { host: string; names: readonly string[] },
  places: YamlPlaces,
): string | undefined {
  const refuse = (at: string, why: string) =>
    new LockstepError('bad-config', `${places.where(['console', at])}: ${why}`)
  const ways = [people !== undefined, proxy?.user !== undefined, openid !== undefined].filter(Boolean).length
  if (ways === 0)
    throw refuse(
      'people',
      'no one could log in; expected people: a file, openid: { issuer: … }, or proxy: { from: …, user: … }',
    )
  // One name would be two people: who chooses theirs at the provider could choose one of the file.
  if (openid !== undefined && ways > 1)
    throw refuse(
      'openid',
      'people would have two ways to log in, and one name could be two people; expected one of people, openid, and user of proxy',
    )
  if (ways > 1)
    throw refuse('people', 'the proxy names people already; expected people, or user of proxy, and not both')
  if (proxy?.groups !== undefined && proxy.user === undefined)
    throw refuse('proxy', 'groups has no user beside it; expected user: the header that names the person')
  if (tls !== undefined && proxy !== undefined)
    throw refuse('tls', 'a proxy is configured too; expected tls or proxy, and not both')
  if (tls === undefined && proxy === undefined && !isLoopback(host))
    throw refuse(
      'policy',
      `${host} can be reached from elsewhere, and nothing encrypts passwords; expected tls, proxy, or pipeline: { listen: { host: 127.0.0.1 } }`,
    )
  const isSecure = tls !== undefined || proxy !== undefined
  if (address === undefined && isSecure)
    throw refuse('address', `address is missing; expected ${ADDRESS}: browsers know the console by it`)
  const own = address === undefined ? undefined : originOf(address)
  if (own?.startsWith('https:') === true && !isSecure)
    throw refuse('address', 'nothing speaks https; expected tls or proxy beside it, or an address with http')
  if (own?.startsWith('http:') === true && tls !== undefined)
    throw refuse('address', 'tls speaks https; expected an address with https')
  if (own?.startsWith('http:') === true && !isLoopback(new URL(own).hostname))
    throw refuse('address', 'nothing encrypts passwords on the way there; expected an address with https')
  const unknown = typeof approval === 'string' ? [] : Object.keys(approval)
  for (const name of unknown)
    if (!names.includes(name))
      throw refuse(
        'approval',
        `there is no environment ${JSON.stringify(name)}; the closest one is ${nearest(name, names)}`,
      )
  return own
}

/**
 * Reads who may approve, by environment, as a `lockstep.yaml` says it now.
 * @throws LockstepError `bad-config`
 */
export function readConsoleApproval(configPath: string): ConsoleSettings['approval'] {
  const text = readConfigFile(configPath, 'configuration', 'Lockstep')
  const { environments, console: written } = readYaml(configPath, text, shape)
  return approvalsOf(written?.approval ?? 'another person', Object.keys(environments))
}

function approvalsOf(
  written: ConsoleApproval | Readonly<Record<string, ConsoleApproval>>,
  environments: readonly string[],
): ConsoleSettings['approval'] {
  return Object.fromEntries(
    environments.map((name) => [
      name,
      typeof written === 'string' ? written : (written[name] ?? 'another person'),
    ]),
  )
}

/** The files of a console, and where else people log in. */
export interface ConsoleFiles extends Pick<ConsoleSettings, 'people' | 'policy' | 'environments'> {
  /** Names people where no file does, as the subject of a sentence. */
  namedBy: 'the proxy' | 'the OpenID provider'
}

/**
 * Reads which files the console of a `lockstep.yaml` has; `folder` is what their paths begin at.
 * @throws LockstepError `bad-config`: file, line, what was expected
 */
export function readConsoleFiles(configPath: string, folder: string): ConsoleFiles {
  const text = readConfigFile(configPath, 'configuration', 'Lockstep')
  const { environments, console: written } = readYaml(configPath, text, shape)
  if (written === undefined)
    throw new LockstepError(
      'bad-config',
      `${configPath} has no console; expected console: { people: people.yaml, policy: policy.txt }`,
    )
  return {
    people: written.people === undefined ? undefined : resolve(folder, written.people),
    policy: resolve(folder, written.policy),
    environments: Object.keys(environments),
    namedBy: written.openid === undefined ? 'the proxy' : 'the OpenID provider',
  }
}

/** Returns the origin of an address that is nothing else; undefined for any other text. */
function originOf(address: string): string | undefined {
  if (!URL.canParse(address)) return undefined
  const { protocol, origin, pathname, search, hash, username } = new URL(address)
  const isAlone = pathname === '/' && search === '' && hash === '' && username === ''
  return isAlone && (protocol === 'https:' || protocol === 'http:') ? origin : undefined
}

function readPair(certificate: string, key: string, where: string): { cert: string; key: string } {
  const pair = {
    cert: readConfigFile(certificate, 'certificate', where),
    key: readConfigFile(key, 'key', where),
  }
  try {
    if (new X509Certificate(pair.cert).checkPrivateKey(createPrivateKey(pair.key))) return pair
  } catch (error) {
    throw new LockstepError(
      'bad-config',
      `${where}: ${certificate} and ${key} cannot be used; expected PEM texts, the key without a passphrase`,
      { cause: error },
    )
  }
  throw new LockstepError(
    'bad-config',
    `${where}: ${key} is the key of another certificate than ${certificate}`,
  )
}

/** Returns whether an address is that of this machine alone. */
export function isLoopback(host: string): boolean {
  return /^127(?:\.\d{1,3}){3}$/.test(host) || host === '::1' || host === '[::1]' || host === 'localhost'
}

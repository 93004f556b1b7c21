import { dirname, resolve } from 'node:path'
import * as v from 'valibot'
import type { IcingaAccess } from '../monitoring/systems/icinga_api'
import type { IcingaNames } from '../monitoring/systems/icinga'
import type { NagiosSettings } from '../monitoring/systems/nagios'
import type { PrometheusSettings } from '../monitoring/systems/prometheus'
import { LockstepError } from '../system/errors'
import { duration } from './duration_setting'
import { readConfigFile } from './files'
import { allowKnownKeys } from './known_keys'
import type { ProcessContext } from './mcollective_cfg'
import { eyaml, secret, SecretReader } from './secrets'
import { readTlsFiles } from './tls_files'
import { placesIn, readYaml } from './yaml_file'

const OBJECT = 'the name of a template or a command: letters, digits, . - and _'
const object = v.pipe(v.string(OBJECT), v.regex(/^[\w.-]{1,100}$/, OBJECT))
const name = v.pipe(v.string(), v.regex(/^[\w.-]+$/, 'a name of letters, digits, dots, dashes'))
const path = v.pipe(v.string('a path'), v.minLength(1, 'a path'))
const URL_OF_ICINGA = 'where its API is, such as https://icinga.example.net:5665'
const ONE_LINE = 'a path of one line, without spaces at its ends'
const folder = v.pipe(v.string(ONE_LINE), v.regex(/^\/(?:[^\p{Cc}]*[^\p{Cc}\s])?$/u, ONE_LINE))
const share = v.pipe(
  v.number('a whole number of percent'),
  v.integer('a whole number of percent'),
  v.minValue(0, 'percent from 0'),
  v.maxValue(100, 'percent up to 100'),
)
const port = v.pipe(
  v.number('a port number'),
  v.integer('a port number'),
  v.minValue(1, 'a port from 1'),
  v.maxValue(65_535, 'a port up to 65535'),
)
const every = v.pipe(
  duration,
  v.minValue(1_000, 'a duration from 1 second'),
  v.maxValue(86_400_000, 'a duration up to 1 day'),
)
const objects = {
  host_template: v.optional(object, 'lockstep-host'),
  service_template: v.optional(object, 'lockstep-service'),
}

/** The schema of `monitoring`: the systems that are told of the hosts of an environment. */
export const monitoringSetting = allowKnownKeys({
  environment: v.optional(name),
  every: v.optional(every, '1 minute'),
  max_removed: v.optional(share, 20),
  address: v.optional(v.pipe(v.string(), v.regex(/^[\w.:-]{1,255}$/, 'the name of a fact'))),
  nagios: v.optional(
    allowKnownKeys({
      config: v.optional(folder, '/etc/nagios4/nagios.cfg'),
      folder,
      program: v.optional(path, 'nagios4'),
      reload: v.pipe(v.array(v.string(), 'a program and its arguments'), v.minLength(1, 'a program')),
      ...objects,
      check_command: v.optional(object, 'check_nrpe'),
    }),
  ),
  icinga: v.optional(
    allowKnownKeys({
      url: v.pipe(
        v.string(URL_OF_ICINGA),
        v.rawCheck(({ dataset: { value }, addIssue }) => {
          // An address with a password is refused, and the password is repeated nowhere.
          if (typeof value === 'string' && !/^https:\/\/[\w.:[\]-]+\/?$/.test(value))
            addIssue({ received: 'another text', message: URL_OF_ICINGA })
        }),
      ),
      user: name,
      password: secret,
      ca: v.optional(path),
      ...objects,
      check_command: v.optional(object, 'nrpe'),
    }),
  ),
  prometheus: v.optional(allowKnownKeys({ file: folder, port: v.optional(port, 9_100) })),
})

/** The systems that are told of the hosts of an environment. */
export interface MonitoringSettings {
  /** The environment; undefined for the default of the file. */
  environment: string | undefined
  everyMs: number
  /** Percent of the monitored hosts that one look may remove. */
  maxRemoved: number
  /** The fact that is the address of a host; undefined where its name is. */
  addressFact: string | undefined
  nagios: NagiosSettings | undefined
  icinga: (IcingaAccess & IcingaNames) | undefined
  prometheus: PrometheusSettings | undefined
  secrets: readonly string[]
  secretFiles: readonly string[]
  warnings: readonly string[]
}

/**
 * Reads `monitoring` of a `lockstep.yaml`; undefined where it has none.
 * @throws LockstepError `bad-config`: file, line, what was expected
 */
export function readMonitoringSetting(
  configPath: string,
  { env }: Pick<ProcessContext, 'env'>,
): MonitoringSettings | undefined {
  const text = readConfigFile(configPath, 'configuration', 'Lockstep')
  const schema = v.looseObject({ eyaml: v.optional(eyaml), monitoring: v.optional(monitoringSetting) })
  const { eyaml: keys, monitoring } = readYaml(configPath, text, schema)
  if (monitoring === undefined) return undefined
  const places = placesIn(configPath, text)
  const { nagios, icinga, prometheus } = monitoring
  if (nagios === undefined && icinga === undefined && prometheus === undefined)
    throw new LockstepError(
      'bad-config',
      `${places.where(['monitoring'])}: monitoring names no system; expected one or more of: nagios, icinga, prometheus`,
    )
  const secrets = new SecretReader(places, keys, env)
  const password =
    icinga && secrets.read(icinga.password, 'password of Icinga', ['monitoring', 'icinga', 'password'])
  return {
    environment: monitoring.environment,
    everyMs: monitoring.every,
    maxRemoved: monitoring.max_removed,
    addressFact: monitoring.address,
    nagios: nagios && {
      config: nagios.config,
      folder: nagios.folder,
      program: nagios.program,
      reload: nagios.reload,
      hostTemplate: nagios.host_template,
      serviceTemplate: nagios.service_template,
      checkCommand: nagios.check_command,
    },
    icinga: icinga && {
      url: icinga.url.replace(/\/$/, ''),
      user: icinga.user,
      password: password ?? '',
      ca: caOf(icinga.ca, configPath, places.where(['monitoring', 'icinga', 'ca'])),
      hostTemplate: icinga.host_template,
      serviceTemplate: icinga.service_template,
      checkCommand: icinga.check_command,
    },
    prometheus,
    secrets: password === undefined ? [] : [password],
    secretFiles: secrets.files,
    warnings: secrets.warnings,
  }
}

/** Returns the folders that monitoring writes to; undefined where it has no key. It reads no secret. */
export function monitoringFolders(configPath: string): readonly string[] | undefined {
  const text = readConfigFile(configPath, 'configuration', 'Lockstep')
  const { monitoring } = readYaml(
    configPath,
    text,
    v.looseObject({ monitoring: v.optional(monitoringSetting) }),
  )
  if (monitoring === undefined) return undefined
  const { nagios, prometheus } = monitoring
  return [
    ...(nagios === undefined ? [] : [nagios.folder]),
    ...(prometheus === undefined ? [] : [dirname(prometheus.file)]),
  ]
}

function caOf(file: string | undefined, configPath: string, where: string): string | undefined {
  if (file === undefined) return undefined
  const { ca = [] } = readTlsFiles(
    { ca: [resolve(dirname(configPath), file)], cert: undefined, key: undefined },
    where,
  )
  return ca.join('\n')
}

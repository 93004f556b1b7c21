import type { ConsoleSettings } from '../config/console_setting'
import type { OpenIdLogins } from '../openid/provider'
import type { Logins } from '../people/login'
import type { People } from '../people/people_file'
import type { Policy } from '../people/person'
import type { Clock } from '../system/clock'
import type { ConsoleAct, ConsoleAsset, FormRoute } from './act'
import type { AuditTrail } from './audit'

/** The content of a file that may change; undefined while it is not right. */
export interface Fresh<T> {
  readonly content: T | undefined
}

/** The surroundings of a console, and the pages that it shows. */
export interface ConsoleOptions {
  settings: Pick<ConsoleSettings, 'origins' | 'proxy' | 'sessionMs' | 'idleMs' | 'environments'>
  /** The people who can log in here; undefined where a proxy or a provider names them. */
  people: Fresh<People> | undefined
  /** The provider at which people log in; undefined where they do not. */
  openid: OpenIdLogins | undefined
  policy: Fresh<Policy>
  logins: Pick<Logins, 'judge'>
  audit: Pick<AuditTrail, 'append' | 'refuse'>
  /** The folder of the state, as an absolute path. */
  state: string
  /** The key by which browsers are known again. */
  browserKey: Buffer
  routes: readonly FormRoute[]
  acts: readonly ConsoleAct[]
  assets: readonly ConsoleAsset[]
  clock: Clock
  /** Aborted when the process is to end. */
  signal: AbortSignal
  /** Called for each request that is refused. */
  onRefused: (why: string) => void
  /** Called for each login that the provider, and not the person, has kept from coming about. */
  onProviderFault: (why: string) => void
  /** Called when a request could not be answered. */
  onFailure: (error: unknown) => void
}

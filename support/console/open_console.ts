import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Hono } from 'hono'
import type { ConsoleSettings } from '../config/console_setting'
import { OpenIdProvider } from '../openid/provider'
import { FreshFile } from '../people/file_identity'
import { Logins } from '../people/login'
import { readPeople } from '../people/people_file'
import { freshPolicy, readRights } from '../people/policy_file'
import { Refusals } from '../server/refusals'
import type { Clock } from '../system/clock'
import { LockstepError } from '../system/errors'
import { makeFolder } from '../system/folders'
import type { Log } from '../system/log'
import { readRegularFile } from '../system/regular_file'
import type { ConsoleAct, ConsoleAsset, FormRoute } from './act'
import { AuditTrail } from './audit'
import { consoleApp } from './console'

/** The pages that a console shows, and the forms that it takes. */
export interface ConsoleContent {
  routes: readonly FormRoute[]
  acts: readonly ConsoleAct[]
  assets: readonly ConsoleAsset[]
}

/** A console that answers. */
export interface OpenConsole {
  app: Hono
  close(): Promise<void>
}

/**
 * Opens the console of a state folder.
 * @throws LockstepError `bad-config` where people or policy are not right: the start is the time to say so
 */
export function openConsole(
  settings: ConsoleSettings,
  { routes, acts, assets }: ConsoleContent,
  {
    state,
    clock,
    log,
    signal,
    onFailure,
  }: {
    state: string
    clock: Clock
    log: Log
    signal: AbortSignal
    /** Called when a journal cannot be written: nothing may go on without it. */
    onFailure: (error: LockstepError) => void
  },
): OpenConsole {
  const audit = new AuditTrail(state, clock)
  const fail = (error: unknown) => {
    if (error instanceof LockstepError && error.code === 'journal-failed') onFailure(error)
    else log.error({ err: error }, 'a page could not be answered')
  }
  const onFault = (type: 'people refused' | 'policy refused') => (why: string) => {
    log.error({ why }, type === 'people refused' ? 'no one can log in' : 'no one may do anything')
    audit.append({ type, why }).catch(fail)
  }
  if (settings.people !== undefined) readPeople(settings.people)
  readRights(settings.policy, settings.environments)
  const refusals = new Refusals(clock, (count, why) => log.warn({ count, why }, 'requests refused'))
  const faults = new Refusals(clock, (count, why) =>
    log.error({ count, why }, 'no one can log in at the provider'),
  )
  const app = consoleApp({
    settings,
    people:
      settings.people === undefined
        ? undefined
        : new FreshFile(settings.people, readPeople, onFault('people refused')),
    openid: settings.openid && new OpenIdProvider(settings.openid, clock),
    policy: freshPolicy(settings.policy, settings.environments, onFault('policy refused')),
    logins: new Logins(),
    audit,
    state,
    browserKey: browserKeyIn(state),
    routes,
    acts,
    assets,
    clock,
    signal,
    onRefused: (why) => refusals.add(why),
    onProviderFault: (why) => faults.add(why),
    onFailure: fail,
  })
  return {
    app,
    async close() {
      refusals.stop()
      faults.stop()
      await audit.close()
    },
  }
}

/** Returns the key by which browsers are known again; the first call makes it. */
function browserKeyIn(state: string): Buffer {
  const folder = join(state, 'console')
  const path = join(folder, 'browser.key')
  try {
    makeFolder(folder, 0o700)
    writeFileSync(path, randomBytes(32), { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST')
      throw new LockstepError('bad-config', `${path} cannot be written: ${(error as Error).message}`, {
        cause: error,
      })
  }
  const key = readRegularFile(path)
  if (key.length === 32) return key
  throw new LockstepError(
    'bad-config',
    `${path} is not the key that was written; remove it, so that another one is made`,
  )
}

import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Hono } from 'hono'
import type { ConsoleSettings } from '../config/console_setting'
import { OpenIdProvider } from '../openid/provider'
import { FreshFile } from '../people/file_identity'
import { Logins } from '../people/login'
import { readPeople } from '../people/people_file'
import { readTokens, tokensIn, type KnownToken } from '../people/tokens_file'
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
import type { ConsoleOptions } from './console_options'

/** The pages that a console shows, and the forms that it takes. */
export interface ConsoleContent {
  routes: readonly FormRoute[]
  acts: readonly ConsoleAct[]
  assets: readonly ConsoleAsset[]
  /** The paths that are for programs with tokens, and the app that answers them. */
  api: {
    owns: (path: string) => boolean
    open: (shared: SharedOptions) => Pick<Hono, 'fetch'>
  }
}

/** What pages and programs have in common: who there is, who may do what, and where it is written down. */
export type SharedOptions = Pick<
  ConsoleOptions,
  'people' | 'policy' | 'audit' | 'state' | 'clock' | 'signal' | 'onRefused' | 'onFailure'
> & { settings: ConsoleSettings; tokens: { readonly content: readonly KnownToken[] | undefined } }

/** A console that answers. */
export interface OpenConsole {
  app: Pick<Hono, 'fetch'>
  close(): Promise<void>
}

/**
 * Opens the console of a state folder.
 * @throws LockstepError `bad-config` where people or policy are not right: the start is the time to say so
 */
export function openConsole(
  settings: ConsoleSettings,
  { routes, acts, assets, api }: ConsoleContent,
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
  const onFault = (type: keyof typeof FAULTS) => (why: string) => {
    log.error({ why }, FAULTS[type])
    audit.append({ type, why }).catch(fail)
  }
  if (settings.people !== undefined) readPeople(settings.people)
  readRights(settings.policy, settings.environments)
  const refusals = new Refusals(clock, (count, why) => log.warn({ count, why }, 'requests refused'))
  const faults = new Refusals(clock, (count, why) =>
    log.error({ count, why }, 'no one can log in at the provider'),
  )
  const shared = {
    settings,
    people:
      settings.people === undefined
        ? undefined
        : new FreshFile(settings.people, readPeople, onFault('people refused')),
    openid: settings.openid && new OpenIdProvider(settings.openid, clock),
    policy: freshPolicy(settings.policy, settings.environments, onFault('policy refused')),
    audit,
    state,
    clock,
    signal,
    onRefused: (why: string) => refusals.add(why),
    onFailure: fail,
  }
  const pages = consoleApp({
    ...shared,
    onProviderFault: (why) => faults.add(why),
    logins: new Logins(),
    browserKey: browserKeyIn(state),
    routes,
    acts,
    assets,
  })
  const tokens = new FreshFile(tokensIn(state), readTokens, onFault('tokens refused'))
  const programs = api.open({ ...shared, tokens })
  return {
    app: {
      fetch: (request, ...rest) =>
        (api.owns(new URL(request.url).pathname) ? programs : pages).fetch(request, ...rest),
    },
    async close() {
      refusals.stop()
      faults.stop()
      await audit.close()
    },
  }
}

const FAULTS = {
  'people refused': 'no one can log in',
  'policy refused': 'no one may do anything',
  'tokens refused': 'no token is good',
} as const

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

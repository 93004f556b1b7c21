import { isAbsolute } from 'node:path'
import { pause, type Clock } from '../system/clock'
import type { CommandLimits, CommandResult, CommandRunner } from '../system/command'
import { LockstepError } from '../system/errors'
import { killProcessesOf, processesOf } from '../system/user_processes'

const LOOK_WITHIN_MS = 30_000
/** The most rounds of killing what a user runs: what starts anew as fast as it is killed is not hunted for ever. */
const MAX_ROUNDS = 40
const ROUND_MS = 50
/**
 * Enters a folder, which this process could not, and becomes a program. Where memory runs out, the machine ends that program
 * and not this process.
 */
const ENTER = '{ echo 1000 >/proc/self/oom_score_adj; } 2>/dev/null; cd -- "$1" && shift && exec "$@"'

/** A user of this machine, as its own list of users has it. */
export interface Account {
  name: string
  uid: number
  gid: number
  home: string
  /** The program that runs when somebody logs in as the user. */
  shell: string
}

/**
 * Returns a user of this machine.
 * @throws LockstepError `bad-config` where there is none, or none that may run builds
 */
export async function lookUpAccount(user: string, run: CommandRunner): Promise<Account> {
  const { stdout, exitCode } = await run('getent', ['passwd', '--', user], { within: LOOK_WITHIN_MS })
  const [name, , uid = '', gid = '', , home = '', shell = ''] = stdout.split('\n')[0]?.split(':') ?? []
  if (exitCode !== 0 || name !== user || !isId(uid) || !isId(gid))
    throw refusal(`this machine has no user ${user}; say: ${howToMake(user)}`)
  if (Number(uid) === 0)
    throw refusal(`the user ${user} is root, from whom nothing is safe; name a user that runs builds alone`)
  if (!isAbsolute(home) || home === '/')
    throw refusal(`the user ${user} has no home for its builds; say: ${howToMake(user)}`)
  return { name: user, uid: Number(uid), gid: Number(gid), home, shell: shell || '/bin/sh' }
}

/**
 * Returns the name of the user with an id; undefined where the machine has none.
 * @throws LockstepError `bad-config` where the machine cannot tell
 */
export async function nameOfUser(uid: number, run: CommandRunner): Promise<string | undefined> {
  const { stdout, exitCode } = await run('getent', ['passwd', '--', String(uid)], { within: LOOK_WITHIN_MS })
  if (exitCode === NOT_FOUND) return undefined
  const [name = ''] = stdout.split(':')
  if (exitCode !== 0 || name === '')
    throw refusal(`getent does not tell who has the user id ${uid}, as which builds ran`)
  return name
}

/** The exit status of `getent` where there is no such entry. */
const NOT_FOUND = 2

function howToMake(user: string): string {
  return `useradd --system --create-home --shell /usr/sbin/nologin ${user}`
}

function isId(text: string): boolean {
  return /^\d{1,10}$/.test(text)
}

function refusal(what: string): LockstepError {
  return new LockstepError('bad-config', `ci.user: ${what}`)
}

/** The limits of a program of a build's user. It inherits PATH alone. */
export interface RunLimits extends Pick<CommandLimits, 'within' | 'signal' | 'input' | 'onOutput' | 'env'> {
  umask?: number
}

/** The user that runs builds and nothing else: all of its processes are those of a build. */
export class BuildUser {
  constructor(
    readonly account: Account,
    private readonly run: CommandRunner,
    private readonly clock: Clock,
  ) {}

  /**
   * Runs a program in a folder, without any right of this process: none can be had again. What it has started goes on until
   * `endAll`.
   */
  runIn(
    folder: string,
    [program = '', ...args]: readonly string[],
    { umask = 0o077, env, ...limits }: RunLimits,
  ): Promise<CommandResult> {
    const { name, home } = this.account
    const there = ['sh', '-c', ENTER, 'sh', folder, program, ...args]
    return this.run('setpriv', [...this.becoming(), '--', ...there], {
      ...limits,
      cwd: '/',
      umask,
      inherits: (each) => each === 'PATH',
      env: { HOME: home, USER: name, LOGNAME: name, LANG: 'C.UTF-8', LC_ALL: undefined, ...env },
    })
  }

  /** Runs a script of the shell, with arguments from `$1` on. */
  sh(script: string, args: readonly string[], limits: RunLimits = {}): Promise<CommandResult> {
    return this.runIn('/', ['sh', '-c', script, 'sh', ...args], { within: LOOK_WITHIN_MS, ...limits })
  }

  /**
   * Kills all that the user runs, in other sessions and namespaces too. Returns why something is left; undefined where
   * nothing is.
   */
  async endAll(): Promise<string | undefined> {
    const { uid, name } = this.account
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      // It reaches them all at one moment, so that none starts another meanwhile.
      await this.run('setpriv', [...this.becoming(), '--', 'sh', '-c', 'kill -KILL -1'], {
        within: LOOK_WITHIN_MS,
        cwd: '/',
        inherits: (each) => each === 'PATH',
      })
      // A process of the user may have ended what was to end all: it cannot end this one.
      killProcessesOf(uid)
      if (processesOf(uid).length === 0) return undefined
      await pause(this.clock, ROUND_MS, new AbortController().signal)
    }
    const left = processesOf(uid)
    return left.length === 0 ? undefined : `processes of ${name} go on: ${left.slice(0, 5).join(', ')}`
  }

  private becoming(): string[] {
    const { uid, gid } = this.account
    return [`--reuid=${uid}`, `--regid=${gid}`, '--init-groups', '--no-new-privs'].concat([
      '--inh-caps=-all',
      '--ambient-caps=-all',
    ])
  }
}

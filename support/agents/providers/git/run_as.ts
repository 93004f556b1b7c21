import type { CommandRunner } from '../../../system/command'
import { LOOK_WITHIN } from '../programs'

/** A user of the host, as the host's own list of users has it. */
interface Account {
  uid: number
  gid: number
  home: string
}

/**
 * Returns a runner that runs programs as a user, with that user's groups and home, and with PATH alone of the variables
 * of this process. `own` is the user id of this process: only root can run programs as another user.
 */
export function runAs(user: string, run: CommandRunner, own: number): CommandRunner {
  let found: Promise<Account> | undefined
  const account = () => {
    found ??= lookUp(user, run)
    found.catch(() => (found = undefined))
    return found
  }
  return async (program, args, limits) => {
    const { uid, gid, home } = await account()
    const bounded = {
      ...limits,
      inherits: (name: string) => name === 'PATH',
      umask: 0o022,
      env: { HOME: home, USER: user, LOGNAME: user, ...limits.env },
    }
    if (uid === own) return run(program, args, bounded)
    if (own !== 0)
      throw new Error(`this daemon runs as user ${own}, and only root can run programs as ${user}`)
    const become = [`--reuid=${uid}`, `--regid=${gid}`, '--init-groups', '--']
    return run('setpriv', [...become, program, ...args], bounded)
  }
}

async function lookUp(user: string, run: CommandRunner): Promise<Account> {
  const { stdout, failure } = await run('getent', ['passwd', '--', user], { within: LOOK_WITHIN })
  const [name, , uid, gid, , home] = stdout.split('\n')[0]?.split(':') ?? []
  if (failure !== undefined) throw new Error(`getent: ${failure}`)
  if (name !== user || !isId(uid) || !isId(gid) || home === undefined)
    throw new Error(`this host has no user ${user}`)
  return { uid: Number(uid), gid: Number(gid), home }
}

function isId(text: string | undefined): boolean {
  return text !== undefined && /^\d{1,10}$/.test(text)
}

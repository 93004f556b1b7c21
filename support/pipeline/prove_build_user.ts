import { chmodSync, existsSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Clock } from '../system/clock'
import type { CommandRunner } from '../system/command'
import { LockstepError } from '../system/errors'
import { pickReason } from '../system/reason'
import { killProcessesOf, processesOf } from '../system/user_processes'
import { BuildUser, lookUpAccount, type Account } from './build_user'
import { KnownBuildUsers } from './build_users'

/** The files that builds may not reach. */
export interface Protected {
  /** The folder of the state, as an absolute path; it is there. */
  state: string
  /** Files with secrets: no build may read them. */
  secrets: readonly string[]
  /** Files and folders that decide what is built, such as lockstep.yaml and the spool: no build may write them. */
  others: readonly string[]
}

export interface ProofParts {
  run: CommandRunner
  clock: Clock
  /** The user id of this process. */
  own: number
}

/** The capabilities that a process which is not root needs for builds of another user. */
export const BUILD_CAPABILITIES = ['CAP_SETUID', 'CAP_SETGID', 'CAP_KILL'] as const

/** Prints the rights that a process has, and which paths it can read, write and enter. */
const LOOK = `set -u
sed -n 's/^\\(CapInh\\|CapPrm\\|CapEff\\|CapAmb\\|NoNewPrivs\\|Uid\\|Gid\\):/\\1/p' /proc/self/status
[ -w "$HOME" ] && [ -x "$HOME" ] && echo home
for path; do
  if [ -r "$path" ]; then printf 'read %s\\n' "$path"; fi
  if [ -w "$path" ]; then printf 'write %s\\n' "$path"; fi
  if [ -x "$path" ]; then printf 'enter %s\\n' "$path"; fi
done`

/** Waits to be killed. */
const WAIT = 'echo ready; exec sleep 20'

/**
 * Proves on this machine that builds run as a user, that this process ends what they run, and that they reach nothing of
 * its own. It kills what earlier builds of that user have left.
 * @throws LockstepError `bad-config`: one sentence that says what to do
 */
export async function proveBuildUser(
  name: string,
  guarded: Protected,
  { run, clock, own }: ProofParts,
): Promise<void> {
  const account = await lookUpAccount(name, run)
  if (account.uid === own)
    throw refusal(name, 'is the user of lockstep serve, from whom it protects nothing; name another user')
  expectNoLogin(account)
  expectBuildsAlone(account, guarded.state)
  const user = new BuildUser(account, run, clock)
  await expectBecoming(user, own)
  await expectKilling(user, own)
  const left = await user.endAll()
  if (left !== undefined) throw refusal(name, `cannot be used: ${left}; end them first`)
  await expectClosed(user, guarded)
}

/** A build can write the keys of its user for ssh: who logs in so would run programs beside later builds. */
function expectNoLogin({ name, shell }: Account): void {
  if (!['nologin', 'false'].includes(basename(shell)))
    throw refusal(
      name,
      `can log in, since its shell is ${shell}, and a build could let others in; say: usermod --shell /usr/sbin/nologin ${name}`,
    )
}

/** All processes of the user are killed with each build: the first time, there may be none. */
function expectBuildsAlone({ name, uid }: Account, state: string): void {
  const known = new KnownBuildUsers(state)
  const [running] = processesOf(uid)
  if (!known.has({ name, uid }) && running !== undefined)
    throw refusal(
      name,
      `runs other programs, such as process ${running}, and all its processes are killed with each build; name a user that does nothing else, or end them first`,
    )
  known.add({ name, uid })
}

async function expectBecoming(user: BuildUser, own: number): Promise<void> {
  const { name, uid, gid, home } = user.account
  const { exitCode, stdout, output, failure } = await user.sh(LOOK, [])
  const needed = own === 0 ? '' : `; ${rightsNeeded()}`
  if (exitCode !== 0 && !stdout.includes('Uid'))
    throw refusal(
      name,
      `cannot be become: ${pickReason(output) || failure || `setpriv exited with ${exitCode}`}${needed}`,
    )
  const field = (key: string) =>
    new RegExp(`^${key}\\s+(.*)$`, 'm').exec(stdout)?.[1]?.trim().split(/\s+/) ?? []
  const isIt = (key: string, id: number) =>
    field(key).length === 4 && field(key).every((each) => each === String(id))
  const isBare = ['CapInh', 'CapPrm', 'CapEff', 'CapAmb'].every((key) => /^0+$/.test(field(key)[0] ?? ''))
  if (!isIt('Uid', uid) || !isIt('Gid', gid) || !isBare || field('NoNewPrivs')[0] !== '1')
    throw refusal(name, `would keep rights of lockstep serve: ${pickReason(stdout)}`)
  if (!stdout.includes('\nhome'))
    throw refusal(
      name,
      `cannot write its home ${home}, where its builds are; say: install -d -m 700 -o ${name} ${home}`,
    )
}

async function expectKilling(user: BuildUser, own: number): Promise<void> {
  const { name, uid } = user.account
  const { failure, exitCode } = await user.sh(WAIT, [], { onOutput: () => killProcessesOf(uid) })
  if (exitCode === undefined && failure?.includes('SIGKILL') === true) return
  throw refusal(
    name,
    `cannot be used: lockstep serve cannot see and kill its processes; ${own === 0 ? 'mount /proc without hidepid' : rightsNeeded()}`,
  )
}

async function expectClosed(user: BuildUser, { state, secrets, others }: Protected): Promise<void> {
  const { name, uid, home } = user.account
  const pipeline = join(state, 'pipeline')
  closeToOthers(pipeline)
  const closed = [state, pipeline, ...secrets].filter((path) => existsSync(path))
  const decisive = others.filter((path) => existsSync(path))
  const above = foldersAbove([...closed, ...decisive, home])
  const { stdout } = await user.sh(LOOK, [...closed, ...decisive, ...above])
  const can = new Set(stdout.split('\n'))
  for (const path of closed) {
    const verb = ['read', 'write', 'enter'].find((each) => can.has(`${each} ${path}`))
    if (verb !== undefined || isOwn(path, uid))
      throw refusal(
        name,
        `can ${verb ?? 'open'} ${path}; say: chmod o-rwx ${path}, and let it not be of ${name} or its groups`,
      )
  }
  for (const path of decisive)
    if (can.has(`write ${path}`) || isOwn(path, uid))
      throw refusal(
        name,
        `can write ${path}; say: chmod o-w ${path}, and let it not be of ${name} or its groups`,
      )
  for (const path of above)
    if (isOwn(path, uid) || (can.has(`write ${path}`) && (statSync(path).mode & 0o1000) === 0))
      throw refusal(name, `can write ${path}, and replace what lies in it; say: chmod o-w ${path}`)
}

/** Journals are for a group at the most. The folder may have been made with another umask. */
function closeToOthers(folder: string): void {
  const { mode } = statSync(folder)
  if ((mode & 0o007) !== 0) chmodSync(folder, mode & 0o7770)
}

function isOwn(path: string, uid: number): boolean {
  return statSync(path).uid === uid
}

function foldersAbove(paths: readonly string[]): string[] {
  const all = new Set<string>()
  for (const path of paths) for (let at = dirname(path); !all.has(at); at = dirname(at)) all.add(at)
  return [...all]
}

function rightsNeeded(): string {
  return `lockstep serve needs root, or ${BUILD_CAPABILITIES.join(', ')}: take the unit that lockstep serve --unit prints`
}

function refusal(name: string, what: string): LockstepError {
  return new LockstepError('bad-config', `ci.user: the user ${basename(name)} ${what}`)
}

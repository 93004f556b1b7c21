import { createHash } from 'node:crypto'
import { contracts } from '../rpc/contracts'
import type { Data } from '../rpc/contracts/contract'
import { aborting, ActionFailed, type Action, type Agent, type Call } from '../rpc/server/agent'
import { textInput } from '../rpc/server/inputs'
import { InTurn } from '../system/in_turn'

/** A host's package manager for single packages. */
export interface PackageManager {
  /** The provider's name in answers: `apt`, `dnf`, `yum`. */
  readonly provider: string
  state(name: string): Promise<PackageState> | PackageState
  /**
   * Installs a version, or the newest when none is given. Resolves with the package manager's output.
   * @throws Error in the package manager's own words
   */
  install(name: string, version: string | undefined, signal: AbortSignal): Promise<string> | string
  remove(name: string, purge: boolean, signal: AbortSignal): Promise<string> | string
}

/** The version that a package manager would install or update to. */
export interface PackageCandidate {
  version: string
  /** The reason why it cannot be installed, in the package manager's own words. */
  obstacle?: string
  /** The process that locks the package database at the moment. */
  locked?: string
  /** Bytes that the installation needs; `free` bytes are there. */
  needs?: number
  free?: number
}

export interface PackageState {
  /** The full installed version, `absent`, or `purged`. */
  ensure: string
  version?: string
  release?: string
  epoch?: string
  arch?: string
}

/** The package manager's knowledge that needs no change to the host. */
export interface PackageLists {
  /** Returns the candidate of a version, or of the newest when none is given. */
  candidate(
    name: string,
    version: string | undefined,
    signal: AbortSignal,
  ): Promise<PackageCandidate> | PackageCandidate
  /** Returns a line for each installed package, in a stable order; with dpkg the lines of `dpkg --list`. */
  installed(): Promise<readonly string[]> | readonly string[]
  outdated(signal: AbortSignal): Promise<Outdated> | Outdated
  refresh(signal: AbortSignal): Promise<Refreshed> | Refreshed
  /** Cleans the package manager's caches; undefined where it knows no such mode. */
  clean(mode: string, signal: AbortSignal): Promise<Ran | undefined> | Ran | undefined
}

export interface Ran {
  exitcode: number
  output: string
}

/** The lists that were read anew. Package managers may exit with 0 although a source was away. */
export interface Refreshed extends Ran {
  /** The reason why lists are not as new as their sources have them; undefined where all are. */
  unread?: string | undefined
  /** When the oldest list was made by its repository, in seconds since 1970; undefined where it is not known. */
  madeAt?: number | undefined
}

export interface Outdated extends Ran {
  packages: readonly { package: string; version: string; repo: string }[]
}

/**
 * Returns the package agent, which serves one request at a time. A package database has one writer, and a look during a
 * change would see it half done. Each waits until the host is free of what was begun before, or is refused.
 */
export function packageAgent(
  manager: PackageManager,
  lists: PackageLists,
  untilFree?: (call: Call) => Promise<void>,
  now?: () => number,
): Agent {
  const queue = new InTurn()
  const inTurn =
    (action: Action): Action =>
    async (inputs, call) => {
      await untilFree?.(call)
      return queue.run(call, () => action(inputs, call))
    }
  const actions = aborting({ ...actionsOnOne(manager), ...actionsOnAll(manager.provider, lists, now) })
  return {
    contract: contracts.package,
    actions: Object.fromEntries(Object.entries(actions).map(([name, action]) => [name, inTurn(action)])),
  }
}

function actionsOnOne(manager: PackageManager): Record<string, Action> {
  const status = async (name: string): Promise<Record<string, Data> & { ensure: string }> => {
    const { ensure, version = null, release = null, epoch = null, arch = null } = await manager.state(name)
    return { name, ensure, version, release, epoch, arch, output: null, provider: manager.provider }
  }
  const change = async (
    name: string,
    work: () => Promise<string> | string,
    isDone: (ensure: string) => boolean,
  ) => {
    let output: string
    try {
      output = await work()
    } catch (error) {
      throw new ActionFailed((error as Error).message, await status(name).catch(() => ({ name })))
    }
    const after = { ...(await status(name)), output }
    if (!isDone(after.ensure)) throw new ActionFailed(`Package ${name} is ${after.ensure} afterwards`, after)
    return after
  }
  /**
   * Refuses an absent package like Ruby's agent, which has no state to bring it into.
   * @throws ActionFailed
   */
  const expectPresent = async (name: string, isGone: (ensure: string) => boolean = isAway) => {
    const before = await status(name)
    if (isGone(before.ensure)) throw new ActionFailed('Package is not present on the system', before, 5)
  }
  // A removed package may have configuration that can still be purged, where the package manager keeps some.
  const isPurged = (ensure: string) => ensure === 'purged' || (isAway(ensure) && manager.provider !== 'apt')
  const remove =
    (purge: boolean): Action =>
    async (inputs, { signal }) => {
      await expectPresent(nameOf(inputs), purge ? isPurged : isAway)
      return change(nameOf(inputs), () => manager.remove(nameOf(inputs), purge, signal), isAway)
    }
  return {
    status: (inputs) => status(nameOf(inputs)),
    install(inputs, { signal }) {
      const name = nameOf(inputs)
      const version = versionOf(inputs)
      return change(
        name,
        () => manager.install(name, version, signal),
        (ensure) => !isAway(ensure) && (version === undefined || isVersion(ensure, version)),
      )
    },
    async update(inputs, { signal }) {
      await expectPresent(nameOf(inputs))
      return change(
        nameOf(inputs),
        () => manager.install(nameOf(inputs), undefined, signal),
        (ensure) => !isAway(ensure),
      )
    },
    uninstall: remove(false),
    purge: remove(true),
  }
}

function actionsOnAll(
  provider: string,
  lists: PackageLists,
  now: (() => number) | undefined,
): Record<string, Action> {
  const only =
    (family: 'apt' | 'yum', action: (call: Call) => Promise<Record<string, Data>>): Action =>
    (_, call) => {
      if ((provider === 'apt') !== (family === 'apt'))
        throw new ActionFailed(`The packages of this host are managed by ${provider}, not by ${family}`)
      return action(call)
    }
  const checkupdates = async ({ signal }: Call): Promise<Record<string, Data>> => {
    const { packages, exitcode, output } = await lists.outdated(signal)
    const outdated = packages.map((each) => ({ ...each }))
    return { package_manager: provider, exitcode, output, outdated_packages: outdated }
  }
  const refresh = async ({ signal }: Call) => {
    const { unread, madeAt, ...ran } = await lists.refresh(signal)
    const age = madeAt === undefined || now === undefined ? null : Math.floor(now() / 1000) - madeAt
    if (ran.exitcode === 0 && unread !== undefined)
      throw new ActionFailed(`Not every package list was read: ${unread}`, { ...ran, age })
    return { ...expectSuccess(ran), age }
  }
  return {
    async count() {
      return { exitcode: 0, output: String((await lists.installed()).length) }
    },
    async md5() {
      // The digest is that of Ruby's agent, byte for byte, so that hosts with either can be compared.
      const text = (await lists.installed()).join('\n')
      return { exitcode: 0, output: createHash('md5').update(text).digest('hex') }
    },
    async candidate(inputs, { signal }) {
      const version = versionOf(inputs)
      const { version: candidate, ...more } = await lists.candidate(nameOf(inputs), version, signal)
      const { obstacle = null, locked = null, needs = null, free = null } = more
      return { name: nameOf(inputs), candidate, obstacle, locked, needs, free, provider }
    },
    checkupdates: (_, call) => checkupdates(call),
    apt_checkupdates: only('apt', checkupdates),
    yum_checkupdates: only('yum', checkupdates),
    refresh: (_, call) => refresh(call),
    apt_update: only('apt', refresh),
    async yum_clean(inputs, { signal }) {
      const ran = await lists.clean(typeof inputs['mode'] === 'string' ? inputs['mode'] : 'all', signal)
      if (ran === undefined) throw new ActionFailed(`There is no such cache to clean with ${provider}`)
      return expectSuccess(ran)
    },
  }
}

function expectSuccess({ exitcode, output }: Ran): Record<string, Data> {
  if (exitcode !== 0)
    throw new ActionFailed(`It ended with exit status ${exitcode}: ${output}`, { exitcode, output })
  return { exitcode, output }
}

function nameOf(inputs: Readonly<Record<string, Data>>): string {
  return textInput(inputs, 'package')
}

function versionOf(inputs: Readonly<Record<string, Data>>): string | undefined {
  return typeof inputs['version'] === 'string' ? inputs['version'] : undefined
}

function isAway(ensure: string): boolean {
  return ensure === 'absent' || ensure === 'purged'
}

/** Returns whether `ensure` is this version. The version may lack the epoch that the package manager shows. */
function isVersion(ensure: string, version: string): boolean {
  return ensure === version || ensure.replace(/^\d+:/, '') === version
}

import { contracts } from '../rpc/contracts'
import type { Data } from '../rpc/contracts/contract'
import { ActionFailed, type Agent } from '../rpc/server/agent'
import { textInput } from '../rpc/server/inputs'

/** A host's package manager. */
export interface PackageManager {
  /** The full installed version, `absent`, or `purged`. */
  installed(name: string): Promise<string> | string
  /** The newest version when none is given. @throws Error in the package manager's own words */
  install(name: string, version?: string): Promise<void> | void
  remove(name: string, purge: boolean): Promise<void> | void
}

export function packageAgent(packages: PackageManager): Agent {
  const status = async (name: string) => ({
    name,
    ensure: await packages.installed(name),
    arch: null,
    epoch: null,
    version: null,
    release: null,
    output: null,
    provider: null,
  })
  const change = async (
    name: string,
    work: () => Promise<void> | void,
    isDone: (ensure: string) => boolean,
  ) => {
    try {
      await work()
    } catch (error) {
      throw new ActionFailed(error instanceof Error ? error.message : String(error), await status(name))
    }
    const after = await status(name)
    if (!isDone(after.ensure)) throw new ActionFailed(`Package ${name} is ${after.ensure} afterwards`, after)
    return after
  }
  const isPresent = (ensure: string) => ensure !== 'absent' && ensure !== 'purged'
  const name = (inputs: Readonly<Record<string, Data>>) => textInput(inputs, 'package')
  return {
    contract: contracts.package,
    actions: {
      status: (inputs) => status(name(inputs)),
      install(inputs) {
        const version = inputs['version']
        return change(
          name(inputs),
          () => packages.install(name(inputs), typeof version === 'string' ? version : undefined),
          isPresent,
        )
      },
      async update(inputs) {
        const before = await status(name(inputs))
        if (!isPresent(before.ensure))
          throw new ActionFailed(`Package ${before.name} is not installed`, before)
        return change(before.name, () => packages.install(before.name), isPresent)
      },
      uninstall: (inputs) =>
        change(
          name(inputs),
          () => packages.remove(name(inputs), false),
          (e) => !isPresent(e),
        ),
      purge: (inputs) =>
        change(
          name(inputs),
          () => packages.remove(name(inputs), true),
          (e) => !isPresent(e),
        ),
    },
  }
}

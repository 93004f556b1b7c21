import type { Data } from '../rpc/contracts/contract'
import { aborting, ActionFailed, type Agent } from '../rpc/server/agent'
import { textInput } from '../rpc/server/inputs'

/** The resources that the catalog a host has kept manages, or why they cannot be told. */
export type ManagedCatalog =
  | { found: 'none' }
  | { found: 'unreadable'; problem: string }
  | {
      found: 'whole'
      /** True where the catalog is the one that the last report is of. */
      ofLastRun: boolean
      /** The name, the beginning and the kind of the last run, by its report. */
      run: string
      began: string
      noop: boolean
      /** The version of the catalog. */
      configVersion: string
      /** The SHA-256 of the resources as JSON. */
      digest: string
      /** The resources in a stable order, such as `Package[mywebapp]`. */
      resources: readonly string[]
    }

/** What a host says of one resource, whoever has brought it. */
export interface ResourceSeen {
  is: 'there' | 'gone' | 'not known'
  /** The state, as the end of a sentence. */
  seen: string
  /** The other names of the resource, such as those of a unit. */
  names?: readonly string[]
}

/** A host's resources: those that its puppet manages, and a look at any. */
export interface HostResources {
  managed(): Promise<ManagedCatalog> | ManagedCatalog
  look(type: string, name: string): Promise<ResourceSeen> | ResourceSeen
}

/** The most resources that one request asks about. */
const MAX_ASKED = 200

/** Returns a puppet agent that also tells what puppet manages, and whether a resource is on the host. */
export function tellingResources(puppet: Agent, resources: HostResources): Agent {
  const actions = aborting({
    async managed({ list }) {
      const told = await resources.managed()
      if (told.found !== 'whole') return { ...told }
      const { found, run, began, noop, digest, ofLastRun, configVersion, resources: names } = told
      return {
        found,
        run,
        began,
        noop,
        digest,
        of_last_run: ofLastRun,
        config_version: configVersion,
        count: names.length,
        ...(list === true ? { resources: [...names] } : {}),
      }
    },
    async remains(inputs) {
      const asked = textInput(inputs, 'resources').split('\n')
      if (asked.length > MAX_ASKED)
        throw new ActionFailed(
          `${asked.length} resources are asked about, and ${MAX_ASKED} at most are looked at`,
        )
      const looked: Data[] = []
      for (const resource of asked) looked.push({ resource, ...(await lookAt(resources, resource)) })
      return { looked }
    },
  })
  return { ...puppet, actions: { ...puppet.actions, ...actions } }
}

/** Looks at one resource. A look that fails leaves it unknown, and the others are looked at all the same. */
async function lookAt(resources: HostResources, resource: string): Promise<Record<string, Data>> {
  const [, type = '', name = ''] = /^(\w+)\[(.*)\]$/s.exec(resource) ?? []
  try {
    const { is, seen, names = [] } = await resources.look(type, name)
    return { is, seen, names: [...names] }
  } catch (error) {
    return { is: 'not known', seen: (error as Error).message, names: [] }
  }
}

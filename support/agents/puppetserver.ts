import { contracts } from '../rpc/contracts'
import { aborting, type Agent } from '../rpc/server/agent'

/** The puppetserver of a host. */
export interface PuppetServer {
  /**
   * Has it compile the catalog of this host. Without an environment, it is that of the host's own configuration.
   * @throws Error when it gives none, or another server than this host's own answers
   */
  serving(environment: string | undefined, signal: AbortSignal): Promise<Serving> | Serving
}

export interface Serving {
  version: string
  environment: string
  /** `0`, a number of seconds, or `unlimited`. */
  environmentTimeout: string
  url: string
}

/** Returns the agent of a host that is a puppet master. */
export function puppetserverAgent(server: PuppetServer): Agent {
  return {
    contract: contracts.puppetserver,
    actions: aborting({
      async serving({ environment }, { signal }) {
        const found = await server.serving(typeof environment === 'string' ? environment : undefined, signal)
        const { version, environmentTimeout, url } = found
        return {
          version,
          environment: found.environment,
          // Each JRuby instance keeps code of its own: the answer of one says nothing of the others.
          fresh: environmentTimeout === '0',
          environment_timeout: environmentTimeout,
          url,
        }
      },
    }),
  }
}

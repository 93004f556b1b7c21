import { contracts } from '../rpc/contracts'
import { ActionFailed, type Agent } from '../rpc/server/agent'

export interface PuppetStatus {
  enabled: boolean
  applying: boolean
  /** Seconds since 1970. */
  lastrun: number
  disable_message: string
}

/** A host's puppet agent. */
export interface Puppet {
  status(): Promise<PuppetStatus> | PuppetStatus
  run(): Promise<void> | void
  enable(): Promise<void> | void
  disable(message: string): Promise<void> | void
}

export function puppetAgent(puppet: Puppet, now: () => number): Agent {
  const status = async () => ({ ...(await puppet.status()) })
  return {
    contract: contracts.puppet,
    actions: {
      status,
      async last_run_summary() {
        return { lastrun: (await puppet.status()).lastrun }
      },
      async runonce() {
        const { enabled, applying } = await puppet.status()
        if (!enabled) throw new ActionFailed('Puppet is disabled')
        if (applying) throw new ActionFailed('Puppet is currently applying a catalog; cannot run now')
        await puppet.run()
        return { summary: 'Started a Puppet run', initiated_at: Math.floor(now() / 1000) }
      },
      async enable() {
        if ((await puppet.status()).enabled)
          throw new ActionFailed('Puppet is already enabled', { enabled: true })
        await puppet.enable()
        return { status: 'enabled', enabled: true }
      },
      async disable(inputs) {
        if (!(await puppet.status()).enabled)
          throw new ActionFailed('Puppet is already disabled', { enabled: false })
        await puppet.disable(typeof inputs['message'] === 'string' ? inputs['message'] : '')
        return { status: 'disabled', enabled: false }
      },
    },
  }
}

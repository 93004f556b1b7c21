import { contracts } from '../rpc/contracts'
import type { Data } from '../rpc/contracts/contract'
import { ActionFailed, type Agent } from '../rpc/server/agent'
import { textInput } from '../rpc/server/inputs'

/** A host's packet filter, as far as single source addresses go. */
export interface Firewall {
  blocked(): Promise<readonly string[]> | readonly string[]
  block(address: string): Promise<void> | void
  unblock(address: string): Promise<void> | void
}

export function iptablesAgent(firewall: Firewall): Agent {
  const isBlocked = async (address: string) => (await firewall.blocked()).includes(address)
  const address = (inputs: Readonly<Record<string, Data>>) => textInput(inputs, 'ipaddr')
  return {
    contract: contracts.iptables,
    actions: {
      async block(inputs) {
        const ip = address(inputs)
        if (await isBlocked(ip))
          throw new ActionFailed(`${ip} is already blocked`, { output: '', blocked: true })
        await firewall.block(ip)
        return { output: `${ip} was blocked`, blocked: true }
      },
      async unblock(inputs) {
        const ip = address(inputs)
        if (!(await isBlocked(ip)))
          throw new ActionFailed(`${ip} is not blocked`, { output: '', blocked: false })
        await firewall.unblock(ip)
        return { output: `${ip} was unblocked`, blocked: false }
      },
      async isblocked(inputs) {
        const blocked = await isBlocked(address(inputs))
        return { output: `${address(inputs)} is ${blocked ? '' : 'not '}blocked`, blocked }
      },
      listblocked: async () => ({ blocked: [...(await firewall.blocked())] }),
    },
  }
}

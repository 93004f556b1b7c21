import { contracts } from '../rpc/contracts'
import type { Data } from '../rpc/contracts/contract'
import { aborting, ActionFailed, type Action, type Agent } from '../rpc/server/agent'
import { textInput } from '../rpc/server/inputs'
import { InTurn } from '../system/in_turn'

/** A host's packet filter for single source addresses. An address whose rule is not in force is not blocked. */
export interface Firewall {
  blocked(): Promise<readonly string[]> | readonly string[]
  block(address: string): Promise<void> | void
  unblock(address: string): Promise<void> | void
}

/** Returns the iptables agent. It serves one request at a time, so that two do not both see an address as unblocked. */
export function iptablesAgent(firewall: Firewall): Agent {
  const queue = new InTurn()
  const isBlocked = async (address: string) => (await firewall.blocked()).includes(address)
  const onOne =
    (action: (ip: string) => Promise<Record<string, Data>>): Action =>
    (inputs, call) =>
      queue.run(call, () => action(textInput(inputs, 'ipaddr')))
  const settle = async (ip: string, wanted: boolean, output: string) => {
    const blocked = await isBlocked(ip)
    if (blocked !== wanted)
      throw new ActionFailed(`${ip} is ${blocked ? 'still' : 'not'} blocked afterwards`, {
        output: '',
        blocked,
      })
    return { output, blocked }
  }
  return {
    contract: contracts.iptables,
    actions: aborting({
      block: onOne(async (ip) => {
        if (await isBlocked(ip))
          throw new ActionFailed(`${ip} is already blocked`, { output: '', blocked: true })
        await firewall.block(ip)
        return settle(ip, true, `${ip} was blocked`)
      }),
      unblock: onOne(async (ip) => {
        if (!(await isBlocked(ip)))
          throw new ActionFailed(`${ip} is not blocked`, { output: '', blocked: false })
        await firewall.unblock(ip)
        return settle(ip, false, `${ip} was unblocked`)
      }),
      isblocked: onOne(async (ip) => {
        const blocked = await isBlocked(ip)
        return { output: `${ip} is ${blocked ? '' : 'not '}blocked`, blocked }
      }),
      listblocked: async () => ({ blocked: [...(await firewall.blocked())] }),
    }),
  }
}

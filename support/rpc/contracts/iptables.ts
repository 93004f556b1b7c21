import { mutating, readOnly, type Contract } from './contract'
import { address } from './rules'

const one = { inputs: { ipaddr: address } }
const said = { blocked: 'Whether it is blocked', output: 'That, as a sentence' }

export const iptables = {
  agent: 'iptables',
  description: 'Blocks single addresses in the packet filter of a host',
  timeout: 20,
  actions: {
    block: mutating('Blocks an address', { ...one, also: said }),
    unblock: mutating('Unblocks an address', { ...one, also: said }),
    isblocked: readOnly('Tells whether an address is blocked', {
      ...one,
      outputs: { blocked: said.blocked },
      also: { output: said.output },
    }),
    listblocked: readOnly('Tells all addresses that are blocked', {
      outputs: { blocked: 'Addresses' },
    }),
  },
} as const satisfies Contract

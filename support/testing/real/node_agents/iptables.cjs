const { readState, changeState, noteOrder } = require('../host_state.cjs')

// Answers for Lockstep's own daemon as the iptables agent of a test host; this machine's packet filter is not for tests.
module.exports = ({ readOnly, mutating, text, ActionFailed }) => {
  const inputs = { ipaddr: text(/^[\d.]+$/, 40, 'an address') }
  const isBlocked = (address) => readState().blocked.includes(address)
  const refuse = (address, blocked) => {
    const output = `${address} is ${blocked ? 'already' : 'not'} blocked`
    throw new ActionFailed(output, { blocked, output }, 1)
  }
  const also = { blocked: 'So it is', output: 'The same in words' }
  return {
    contract: {
      agent: 'iptables',
      description: 'The packet filter of a test host',
      timeout: 20,
      actions: {
        block: mutating('Blocks', { inputs, also }),
        unblock: mutating('Unblocks', { inputs, also }),
        isblocked: readOnly('Tells', { inputs, outputs: { blocked: also.blocked } }),
      },
    },
    actions: {
      isblocked: ({ ipaddr }) => ({ blocked: isBlocked(ipaddr) }),
      block({ ipaddr }) {
        noteOrder(`block ${ipaddr}`)
        if (isBlocked(ipaddr)) refuse(ipaddr, true)
        changeState((state) => state.blocked.push(ipaddr))
        return { blocked: true, output: `${ipaddr} was blocked` }
      },
      unblock({ ipaddr }) {
        noteOrder(`unblock ${ipaddr}`)
        if (!isBlocked(ipaddr)) refuse(ipaddr, false)
        changeState((state) => (state.blocked = state.blocked.filter((each) => each !== ipaddr)))
        return { blocked: false, output: `${ipaddr} was unblocked` }
      },
    },
  }
}

const { readState, changeState, noteOrder } = require('../host_state.cjs')

// Answers for Lockstep's own daemon as the package agent of a test host; this machine's packages are not for tests.
module.exports = ({ readOnly, mutating, text }) => {
  const inputs = { package: text(/^[a-z]+$/, 40, 'a name') }
  const also = { ensure: 'The version' }
  return {
    contract: {
      agent: 'package',
      description: 'Packages of a test host',
      timeout: 180,
      actions: {
        status: readOnly('Tells a version', { inputs, outputs: also }),
        update: mutating('Updates', { inputs, also }),
      },
    },
    actions: {
      status: ({ package: name }) => ({ ensure: readState().packages[name] ?? 'absent' }),
      async update({ package: name }) {
        noteOrder(`update ${name}`)
        await new Promise((resolve) => setTimeout(resolve, (readState().slow ?? 0) * 1000))
        changeState(({ packages, repository }) => (packages[name] = repository[name].at(-1)))
        return { ensure: readState().packages[name] }
      },
    },
  }
}

import { readOnly, type Contract } from './contract'
import { checkName } from './rules'

export const nrpe = {
  agent: 'nrpe',
  description: 'Runs the checks of a host’s monitoring',
  timeout: 20,
  actions: {
    runcommand: readOnly('Runs a check', {
      inputs: { command: checkName },
      outputs: { exitcode: '0 ok, 1 warning, 2 critical, 3 unknown' },
      also: { output: 'What the check said', perfdata: 'Its performance data', command: 'Which check' },
    }),
    runallcommands: readOnly('Runs all checks', {
      outputs: { commands: 'What each check said and how it ended, by its name' },
    }),
  },
} as const satisfies Contract

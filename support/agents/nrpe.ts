import { contracts } from '../rpc/contracts'
import { ActionFailed, type Agent } from '../rpc/server/agent'
import { textInput } from '../rpc/server/inputs'

export interface CheckResult {
  /** Nagios's: 0 ok, 1 warning, 2 critical, 3 unknown. */
  exitcode: number
  output: string
  perfdata: string
}

/** A host's monitoring plugins. */
export interface Checks {
  /** Undefined for a check that is not configured. */
  run(name: string): Promise<CheckResult | undefined> | CheckResult | undefined
}

const NAMES = ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN']

export function nrpeAgent(checks: Checks): Agent {
  return {
    contract: contracts.nrpe,
    actions: {
      async runcommand(inputs) {
        const command = textInput(inputs, 'command')
        const result = (await checks.run(command)) ?? {
          exitcode: 3,
          output: `No such command: ${command}`,
          perfdata: '',
        }
        const data = { ...result, command }
        // Anything but OK is a failed action to MCollective; the exit code tells which.
        if (result.exitcode !== 0) throw new ActionFailed(NAMES[result.exitcode] ?? 'UNKNOWN', data)
        return data
      },
    },
  }
}

import { contracts } from '../rpc/contracts'
import { ActionFailed, type Agent } from '../rpc/server/agent'
import { textInput } from '../rpc/server/inputs'

export interface CheckResult {
  /** Nagios's exit code: 0 ok, 1 warning, 2 critical, 3 unknown. */
  exitcode: number
  output: string
  perfdata: string
}

/** A host's monitoring plugins. */
export interface Checks {
  /** Runs a check; undefined for a check that is not configured. */
  run(name: string): Promise<CheckResult | undefined> | CheckResult | undefined
  /** Returns the names of all checks that are configured. */
  names(): Promise<readonly string[]> | readonly string[]
}

/** The number of checks that run side by side, so that a slow one does not keep the others waiting. */
const MAX_AT_ONCE = 4

const NAMES = ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN']

export function nrpeAgent(checks: Checks): Agent {
  return {
    contract: contracts.nrpe,
    actions: {
      async runcommand(inputs) {
        const command = textInput(inputs, 'command')
        const result = (await checks.run(command)) ?? unknownCheck(command)
        const data = { ...result, command }
        // MCollective counts any result but OK as a failed action; the exit code tells which one it is.
        if (result.exitcode !== 0) throw new ActionFailed(NAMES[result.exitcode] ?? 'UNKNOWN', data)
        return data
      },
      async runallcommands() {
        const commands = new Map<string, { exitcode: number; output: string }>()
        const waiting = [...(await checks.names())]
        const runSome = async () => {
          for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
            const { exitcode, output, perfdata } = (await checks.run(name)) ?? unknownCheck(name)
            // Ruby's agent leaves performance data where the plugin has printed it.
            commands.set(name, { exitcode, output: perfdata === '' ? output : `${output}|${perfdata}` })
          }
        }
        await Promise.all(Array.from({ length: MAX_AT_ONCE }, runSome))
        return { commands: Object.fromEntries([...commands].sort(([a], [b]) => (a < b ? -1 : 1))) }
      },
    },
  }
}

function unknownCheck(name: string): CheckResult {
  return { exitcode: 3, output: `No such command: ${name}`, perfdata: '' }
}

import { parseArgs } from 'node:util'
import { contractIn } from '../agents/external/folder'
import { contractOf, contracts } from '../rpc/contracts'
import { rubyDdl } from '../rpc/contracts/ddl_ruby'
import { formatLockstep } from '../system/commands'
import { LockstepError } from '../system/errors'

const HOW = () => `say: ${formatLockstep('ddl package')} > package.ddl`

/** Prints an agent's contract as the `.ddl` that `mco` reads from `mcollective/agent` of its libdir. */
export function ddl(_cwd: string, args: readonly string[]): { text: string; exitCode: number } {
  const { agents, name } = chosen(args)
  const contract = agents === undefined ? contractOf(name) : fromFolder(agents, name)
  if (contract === undefined) {
    const known =
      agents === undefined ? ` (there are: ${Object.keys(contracts).join(', ')})` : ` in ${agents}`
    throw new LockstepError('bad-input', `there is no agent ${JSON.stringify(name)}${known}`)
  }
  const { version } = require('lockstep/package.json') as { version: string }
  return { text: rubyDdl(contract, version), exitCode: 0 }
}

function chosen(args: readonly string[]): { agents: string | undefined; name: string } {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { agents: { type: 'string' } },
      allowPositionals: true,
    })
    const [name, ...more] = positionals
    if (name === undefined || more.length > 0) throw new Error('which agent?')
    return { agents: values.agents, name }
  } catch (error) {
    throw new LockstepError('bad-input', `${(error as Error).message}; ${HOW()}`, { cause: error })
  }
}

function fromFolder(folder: string, name: string) {
  try {
    return contractIn(folder, name)
  } catch (error) {
    throw new LockstepError('bad-input', `the agent ${name} of ${folder}: ${(error as Error).message}`, {
      cause: error,
    })
  }
}

import { contractIn } from '../agents/external/folder'
import { loadTeamExtensions } from '../composition/team_extensions'
import { contracts } from '../rpc/contracts'
import type { Contract } from '../rpc/contracts/contract'
import { rubyDdl } from '../rpc/contracts/ddl_ruby'
import { surroundingsOf } from '../run/parameters'
import { LockstepError } from '../system/errors'
import type { Call, Outcome } from './command'

/**
 * Prints an agent's contract as the `.ddl` that `mco` reads from `mcollective/agent` of its libdir. The agent is one of
 * Lockstep's own, of the extensions that lockstep.yaml names, or of a folder.
 */
export function ddl({
  args: [name = ''],
  options: { agents },
  cwd,
  env,
}: Call<{ agents: string | undefined }>): Outcome {
  const contract = agents === undefined ? ofTeam(name, cwd, env) : fromFolder(agents, name)
  const { version } = require('lockstep/package.json') as { version: string }
  return { text: rubyDdl(contract, version), exitCode: 0 }
}

function ofTeam(name: string, cwd: string, env: NodeJS.ProcessEnv): Contract {
  if (Object.hasOwn(contracts, name)) return contracts[name as keyof typeof contracts]
  const { agents } = loadTeamExtensions(surroundingsOf(env), cwd)
  return (
    agents.get(name)?.add ??
    noAgent(name, ` (there are: ${[...Object.keys(contracts), ...agents.keys()].join(', ')})`)
  )
}

function noAgent(name: string, known: string): never {
  throw new LockstepError('bad-input', `there is no agent ${JSON.stringify(name)}${known}`)
}

function fromFolder(folder: string, name: string): Contract {
  return readFrom(folder, name) ?? noAgent(name, ` in ${folder}`)
}

function readFrom(folder: string, name: string): Contract | undefined {
  try {
    return contractIn(folder, name)
  } catch (error) {
    throw new LockstepError('bad-input', `the agent ${name} of ${folder}: ${(error as Error).message}`, {
      cause: error,
    })
  }
}

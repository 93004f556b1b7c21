import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Contract } from '../../rpc/contracts/contract'
import type { Agent } from '../../rpc/server/agent'
import type { CommandRunner } from '../../system/command'
import { isExecutable } from '../../system/programs'
import { contractFromJson } from './ddl_json'
import { moduleAgent } from './module_agent'
import { programAgent, wantsToRun } from './program_agent'

/**
 * Loads the agents of a folder: `name.json` with a program `name` beside it, and modules in JavaScript or TypeScript.
 * An agent that cannot be used is reported, and the others are loaded all the same.
 */
export async function agentsOf(
  folder: string,
  run: CommandRunner,
  onTrouble: (what: string) => void,
): Promise<Agent[]> {
  const agents: Agent[] = []
  for (const file of readdirSync(folder).sort()) {
    const path = join(folder, file)
    try {
      refuseWritable(path)
      const agent = await agentAt(path, run)
      if (agent === 'unwanted') onTrouble(`the agent ${path} does not want to be used on this host`)
      else if (agent !== undefined) agents.push(agent)
    } catch (error) {
      onTrouble(`the agent ${path} is not used: ${(error as Error).message}`)
    }
  }
  return agents
}

/** Returns the contract of an agent of a folder, even where the agent cannot be used on this host. */
export function contractIn(folder: string, name: string): Contract | undefined {
  const described = join(folder, `${name}.json`)
  if (existsSync(described)) return contractFromJson(readFileSync(described, 'utf8'))
  const module = readdirSync(folder).find((file) => MODULE.test(file) && file.startsWith(`${name}.`))
  return module === undefined ? undefined : moduleAgent(join(folder, module)).contract
}

const MODULE = /(?<!\.d)\.[cm]?[jt]s$/

/** Loads the agent at a path; undefined for a file that is no agent. */
async function agentAt(path: string, run: CommandRunner): Promise<Agent | 'unwanted' | undefined> {
  if (MODULE.test(path)) return moduleAgent(path)
  if (!path.endsWith('.json')) return undefined
  const program = path.slice(0, -'.json'.length)
  const contract = contractFromJson(readFileSync(path, 'utf8'))
  if (!existsSync(program) || !isExecutable(program))
    throw new Error(`there is no program ${program} to carry it out`)
  refuseWritable(program)
  return (await wantsToRun(contract, program, run)) ? programAgent(contract, program, run) : 'unwanted'
}

/** Refuses a file that other users can change, because the daemon runs it with its own rights. */
function refuseWritable(path: string): void {
  const { mode, uid } = statSync(path)
  if ((mode & 0o002) !== 0) throw new Error('everybody may write it; take that away first (chmod o-w)')
  if (process.getuid?.() === 0 && uid !== 0) throw new Error('it does not belong to root')
}

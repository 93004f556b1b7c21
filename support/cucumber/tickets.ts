import { dirname } from 'node:path'
import { runCommand } from '../system/command'
import type { PlannedScenario } from './run'

const TICKET = /^[A-Z][A-Z0-9]*-[1-9]\d*$/
const TRAILERS = ['Ticket', 'Tickets', 'Issue', 'Refs']
/** How long git may take, ms. */
const WITHIN = 5_000

/**
 * What a run is for: tags such as `@OPS-123`, what was said on the command line, and the trailers of the last commit of
 * its features. Where there is no git, or no repository, there are none.
 */
export async function ticketsOf(
  plan: readonly PlannedScenario[],
  said: string | undefined,
): Promise<string[]> {
  const tagged = plan.flatMap(({ tags }) => tags.map((tag) => tag.replace(/^@/, '')))
  const files = [...new Set(plan.map(({ uri }) => uri))]
  const trailers = await Promise.all(files.map((file) => trailersOf(file)))
  const named = [...tagged, ...listed(said ?? ''), ...trailers.flat()].filter((name) => TICKET.test(name))
  return [...new Set(named)].sort()
}

async function trailersOf(file: string): Promise<string[]> {
  const format = TRAILERS.map((key) => `%(trailers:key=${key},valueonly,separator=%x2C)`).join(',')
  const args = ['-C', dirname(file), 'log', '-1', `--format=${format}`, '--', file.replace(/^.*\//, '')]
  const { exitCode, stdout } = await runCommand('git', args, { within: WITHIN })
  return exitCode === 0 ? listed(stdout) : []
}

function listed(text: string): string[] {
  return text.split(/[\s,]+/).map((name) => name.replace(/^[@#]/, ''))
}

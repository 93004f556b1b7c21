import { existsSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { LockstepError } from '../system/errors'
import type { PlannedScenario } from '../run/run_parts'

const TICKET = /^[A-Z][A-Z0-9]{0,30}-[1-9]\d{0,11}$/
const TRAILERS = ['Ticket', 'Tickets', 'Issue', 'Refs']
/** The environment variables that git inherits: it may run programs of its own, which have no business with secrets. */
const GITS =
  /^(?:PATH|HOME|USER|LOGNAME|TMPDIR|XDG_CONFIG_HOME|GIT_(?:DIR|WORK_TREE|CEILING_DIRECTORIES|CONFIG_(?:GLOBAL|SYSTEM|NOSYSTEM)))$/
/** Returns the runner of programs, which is loaded only where git is asked: that takes as long as the rest of a start. */
type Commands = () => Pick<typeof import('../system/command'), 'runCommand'>

/** Milliseconds that git may take. */
const WITHIN = 5_000

/**
 * Returns the tickets of a run. They come from tags such as `@OPS-123`, the command line, and the trailers of the last
 * commit of its features. Where there is no git, or no repository, there are no trailers.
 * @throws LockstepError `bad-input` when something that is no ticket was given on the command line
 */
export async function ticketsOf(
  plan: readonly PlannedScenario[],
  said: string | undefined,
  commands: Commands,
): Promise<string[]> {
  const given = parseList(said ?? '')
  expectTickets(given)
  const tagged = plan.flatMap(({ tags }) => tags.map((tag) => tag.replace(/^@/, '')))
  const files = [...new Set(plan.map(({ uri }) => uri))]
  const trailers = await Promise.all(files.map((file) => trailersOf(file, commands)))
  const named = [...tagged, ...given, ...trailers.flat()].filter((name) => TICKET.test(name))
  return [...new Set(named)].sort()
}

/** Refuses a given name that is no ticket: the person who gives it wants to find the run under it. */
function expectTickets(given: readonly string[]): void {
  const odd = given.find((name) => !TICKET.test(name))
  if (odd === undefined) return
  throw new LockstepError(
    'bad-input',
    `LOCKSTEP_TICKET has ${JSON.stringify(odd.slice(0, 80))}, which is no ticket; write them as in OPS-123,WEB-7`,
  )
}

async function trailersOf(file: string, commands: Commands): Promise<string[]> {
  if (!isInRepository(dirname(resolve(file)))) return []
  const format = TRAILERS.map((key) => `%(trailers:key=${key},valueonly,separator=%x2C)`).join(',')
  const args = [
    '--literal-pathspecs',
    '-c',
    'log.showSignature=false',
    '-C',
    dirname(file),
    'log',
    '-1',
    `--format=${format}`,
    '--',
    basename(file),
  ]
  const { runCommand } = commands()
  const { exitCode, stdout } = await runCommand('git', args, {
    within: WITHIN,
    inherits: (name) => GITS.test(name),
    leavesNothing: true,
  })
  return exitCode === 0 ? parseList(stdout) : []
}

/** Returns whether a folder is in a git repository; git is asked only there. */
function isInRepository(folder: string): boolean {
  if (existsSync(join(folder, '.git'))) return true
  const above = dirname(folder)
  return above !== folder && isInRepository(above)
}

function parseList(text: string): string[] {
  const names = text.split(/[\s,]+/).map((name) => name.replace(/^[@#]/, ''))
  return names.filter((name) => name !== '')
}

import { expectSettings } from '../config/settings'
import { formatCucumber, formatLockstep } from '../system/commands'
import { EXIT, exitCodeFor, LockstepError } from '../system/errors'
import { outliveOutputs } from '../system/output'

const usage = () => `lockstep: deploys as Cucumber features, carried out over MCollective

${formatLockstep('<command>')}

  status   which hosts are out of rotation, since when, by which run
  put-back puts hosts back: --run <run>, --host <host> (as often as needed), or --all
  history  what changed, where, by whom: --environment, --release, --host, --ticket, --json
  report   writes the reports of a run again, from its journal: <run>, --to <folder>
  drift    whether what was released is still so, for monitoring: --environment, --release, --json
  prune    removes journals and logs of old runs: --older-than "90 days", --stopped, --dry-run; never what is out of rotation
  steps    every sentence that a feature can use
  agent    a host's side: --config server.cfg; runs until it is told to end. With --unit, prints a unit for systemd
  ddl      what mco has to know of an agent: <agent>, or --agents <folder> <agent>
  enc      a host's classes, environment and parameters for puppet, from the inventory: [--config lockstep.yaml] <host>
  init     prepares this repository: cucumber.js, a first feature and step, settings; with --ci github or --ci gitlab
           also the jobs that lint, rehearse, plan and roll out

${formatCucumber('<profile and feature>')}

                                 on the embedded fleet, harmless
  -p lint path/to/x.feature      reads the feature, says what is dangerous in it, sends nothing
  -p rehearse path/to/x.feature  on simulated hosts, and again once for each fault
  -p ci path/to/x.feature        both, one after the other: lint, then rehearse
  -p plan path/to/x.feature      asks the fleet what that would come to, changes nothing
  -p live path/to/x.feature      rolls out
`

interface Outcome {
  text: string
  /** The text for the standard error. */
  complaint?: string
  exitCode: number
}
type Command = (cwd: string, args: readonly string[]) => Outcome | Promise<Outcome>

/**
 * The commands by name. Each is loaded only when it is called: a daemon does without the modules that rollouts need.
 */
const COMMANDS: Readonly<Record<string, () => Command>> = {
  agent: () => (require('./agent') as typeof import('./agent')).agent,
  ddl: () => (require('./ddl') as typeof import('./ddl')).ddl,
  drift: () => (require('./drift') as typeof import('./drift')).drift,
  enc: () => (require('./enc') as typeof import('./enc')).enc,
  status: () => (require('./status') as typeof import('./status')).status,
  init: () => (require('./init') as typeof import('./init')).init,
  prune: () => (require('./prune') as typeof import('./prune')).prune,
  history: () => (require('./history') as typeof import('./history')).history,
  report: () => (require('./report') as typeof import('./report')).report,
  'put-back': () => (require('./put_back') as typeof import('./put_back')).putBack,
  steps: () => (require('./steps') as typeof import('./steps')).steps,
}
/** The commands that take arguments of their own. */
const WITH_ARGUMENTS = new Set([
  'agent',
  'ddl',
  'drift',
  'enc',
  'init',
  'prune',
  'put-back',
  'history',
  'report',
])

/** Runs the `lockstep` command. Rollouts themselves are run by cucumber-js. */
export async function main(args: readonly string[], cwd: string): Promise<void> {
  const [name = 'help', ...rest] = args
  // An answer that could not be written must not look like "all is well".
  outliveOutputs(process.stdout, process.stderr, () => (process.exitCode ||= EXIT.failed))
  if (['help', '--help', '-h'].includes(name)) return print(usage(), 0)
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (command === undefined || (rest.length > 0 && !WITH_ARGUMENTS.has(name))) {
    process.stderr.write(`lockstep: there is no command ${JSON.stringify(args.join(' '))}\n\n${usage()}`)
    process.exitCode = 2
    return
  }
  try {
    expectSettings(process.env)
    const { text, complaint = '', exitCode } = await command()(cwd, rest)
    process.stderr.write(complaint)
    print(text, exitCode)
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exitCode = exitCodeFor(error.code)
  }
}

function print(text: string, exitCode: number): void {
  process.stdout.write(text)
  process.exitCode = exitCode
}

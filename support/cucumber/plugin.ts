import type { Envelope } from '@cucumber/messages'
import { endProcessWith } from '../composition/end_process'
import { removeReports } from '../composition/finish_reports'
import { lazy } from '../composition/lazy'
import { readRun } from '../composition/read_run'
import { refuseUnknown } from '../composition/refuse_unknown'
import { NO_RETRY } from '../preflight/command_line'
import { Preflight } from '../preflight/preflight'
import { faultOfOptions, type ResolvedOptions } from '../preflight/run_options'
import { variablesFor } from '../preflight/run_variables'
import { Substitution } from '../preflight/substitution'
import { redactMessage } from '../reporting/redacted_message'
import { faultOfConfiguredChoice } from '../run/scenario_choice'
import { EXIT, LockstepError } from '../system/errors'
import { outliveOutputs } from '../system/output'
import { traitsOf } from '../run/modes'
import type { RunParameters } from '../run/parameters'
import { moduleUrl } from './module_url'
import { resolveOptions } from './resolved_options'
import { session, type Session } from '../composition/session'
import { stepFunctionOf } from './step_arguments'

interface PluginContext {
  operation: string
  on: (event: 'message', handler: (envelope: Envelope) => void) => void
  /** The parameters by which the profile describes the run, as the world parameters have them too. */
  options: RunParameters & { lint?: boolean }
  environment: { cwd: string; stderr: NodeJS.WritableStream }
}

/**
 * Reads the features before anything runs, refuses those that cannot run, and decides the exit status of the process.
 * Cucumber leaves the status at 0 for undefined steps in a dry run, and for runs of nothing.
 */
export const plugin = {
  type: 'plugin' as const,
  optionsKey: 'lockstep',
  async coordinator({ operation, on, options, environment }: PluginContext) {
    if (operation !== 'runCucumber') return undefined
    const own = session()
    own.hasPlugin = true
    const { run, account, surroundings } = own
    const { cwd, stderr } = environment
    const isReading = traitsOf(options).purpose === 'findings'
    const resolved = own.isOwnProcess ? await resolveOptions(process.argv, cwd) : undefined
    const refusedFor = resolved === undefined ? undefined : faultOfOptions(resolved, options)
    // A run within another one has the plugins of that one.
    own.hasOwnPluginsOnly = own.isOwnProcess ? hasOwnPluginsOnly(resolved) : true
    const { reports } = surroundings.folders
    if (own.isOwnProcess) {
      // A reader of the output may leave; the rollout goes on.
      outliveOutputs(process.stdout, process.stderr)
      removeReports(isReading, reports)
    }
    refuseUnknown(own, options, resolved?.worldParameters)
    const sources = new Map<string, string>()
    const substitution = new Substitution(() =>
      variablesFor(options, surroundings, cwd, () => lazy.variablesFile),
    )
    const preflight = new Preflight(substitution.faultsOf, stepFunctionOf)
    const lints = options.lint === true || isReading
    const write = (text: string) => void stderr.write(text)
    let [isChecked, isUnderWay] = [false, false]
    const check = () => {
      if (isChecked) return
      isChecked = true
      for (const [node, line] of preflight.lines) own.lines.set(node, line)
      const { args } = own
      const byCommand = own.begunWith !== undefined
      const reading = {
        preflight,
        substitution,
        parameters: options,
        sources,
        refusedFor,
        chosen: resolved === undefined ? undefined : { ...resolved, cwd },
        lints,
        args,
        byCommand,
        write,
        surroundings,
        cwd,
      }
      own.hasExtensions = readRun(run, reading).files.length > 0
    }
    on('message', (envelope) => {
      if (envelope.source !== undefined) sources.set(envelope.source.uri, envelope.source.data)
      substitution.hear(envelope)
      redactMessage(envelope, run.redact)
      preflight.hear(envelope)
      // A run that only reads features carries out no line, so it keeps no account.
      if (!isReading) account.hear(envelope)
      if (envelope.testRunStarted !== undefined) isUnderWay = true
      // By the first testCaseStarted all test cases are known, and no hook or step of a scenario has run.
      if (envelope.testCaseStarted !== undefined) check()
      if ((envelope.testCaseStarted?.attempt ?? 0) > 0) run.refuse(new LockstepError('bad-feature', NO_RETRY))
      const course = isReading ? undefined : account.courseOf(envelope)
      if (course !== undefined) run.endLine(course, course.line, course)
      if (envelope.testRunFinished === undefined) return
      isUnderWay = false
      check()
      const { omission } = account
      if (omission !== undefined && !isReading && !run.hasStopped) run.omit(omission)
      if (!envelope.testRunFinished.success) run.fail()
      run.end()
    })
    // A run that another run of the process has begun is told by that one, and decides nothing about the process.
    if (!own.isOwnProcess) return undefined
    // Cucumber waits for what is returned once its last message is heard.
    const ended = endProcessWith(own, { isReading, stderr, check, isUnderWay: () => isUnderWay })
    if (resolved !== undefined) expectChoice(own, resolved, stderr)
    return ended
  },
}

/** Ends a process whose choice of scenarios cannot be read: cucumber would say so in a stack trace. */
function expectChoice(
  { run }: Session,
  { tags, names }: ResolvedOptions,
  stderr: NodeJS.WritableStream,
): void {
  const fault = faultOfConfiguredChoice(tags, names)
  if (fault === undefined) return
  run.refuse(new LockstepError('bad-config', fault))
  stderr.write(`${fault}\n`)
  process.exit(EXIT.invalid)
}

function hasOwnPluginsOnly(resolved: ResolvedOptions | undefined): boolean {
  return resolved?.plugins.every((name) => name === moduleUrl('plugin.cjs')) === true
}

import type { Envelope } from '@cucumber/messages'
import type { LintFinding } from '../lint/finding'
import { beforeLeaving, type Leaving } from '../system/leaving'
import { placesOf } from '../preflight/places'
import { expectOptions, expectSettings, WORLD_PARAMETERS } from '../config/settings'
import { LockstepError } from '../system/errors'
import { decideExitStatus } from '../system/exit_status'
import { outliveOutputs } from '../system/output'
import { traitsOf } from '../run/modes'
import { processContext, type RunParameters } from '../run/parameters'
import { Substitution } from '../preflight/substitution'
import { Preflight, type Finding } from '../preflight/preflight'
import { stepFunctionOf } from './step_arguments'
import { JUNIT, PAGE, removeReport, RUN_JSON } from '../run/report_files'
import { run, type Remark } from '../run/run'
import { faultOfOptions, resolveOptions } from './resolved_options'
import { variablesFor } from '../preflight/run_variables'
import { lazy } from '../composition/lazy'

interface PluginContext {
  operation: string
  on: (event: 'message', handler: (envelope: Envelope) => void) => void
  /** The parameters by which the profile describes the run, as the world parameters have them too. */
  options: RunParameters & { lint?: boolean }
  environment: { cwd: string; stderr: NodeJS.WritableStream }
}

const OPTIONS = [...WORLD_PARAMETERS, 'lint']

/**
 * Reads the features before anything runs, refuses those that cannot run, and decides the exit status of the process.
 * Cucumber leaves the status at 0 for undefined steps in a dry run, and for runs of nothing.
 */
export const plugin = {
  type: 'plugin' as const,
  optionsKey: 'lockstep',
  async coordinator({ operation, on, options, environment }: PluginContext) {
    if (operation !== 'runCucumber') return
    const isReading = traitsOf(options).purpose === 'findings'
    const resolved = await resolveOptions(process.argv, environment.cwd)
    const refusedFor = resolved === undefined ? undefined : faultOfOptions(resolved, options)
    // A reader of the output may leave; that decides nothing about the rollout.
    outliveOutputs(process.stdout, process.stderr)
    // A run that is killed leaves no report of the run before.
    for (const path of isReading ? [JUNIT] : [JUNIT, PAGE, RUN_JSON]) removeReport(path)
    run.invocation = { args: process.argv.slice(2), env: process.env }
    refuseUnknown(options)
    const substitution = new Substitution(() =>
      variablesFor(options, processContext(), environment.cwd, () => lazy.variablesFile),
    )
    run.substitution = { of: substitution, parameters: options }
    const preflight = new Preflight(substitution.faultsOf, stepFunctionOf)
    let checked = false
    let isUnderWay = false
    const check = () => {
      if (checked) return
      checked = true
      for (const [node, line] of preflight.lines) run.lines.set(node, line)
      for (const scenario of preflight.planned()) run.plan.push(scenario)
      run.leftOut = (uri) => preflight.leftOut(uri)
      run.faultTables.push(...preflight.faultTables())
      if (refusedFor !== undefined)
        return run.refuse(new LockstepError('bad-input', `${refusedFor}; nothing was sent`))
      if (substitution.refusal !== undefined) return run.refuse(substitution.refusal)
      const findings = preflight.findings()
      for (const { uri, line, message } of findings) environment.stderr.write(`${uri}:${line}: ${message}\n`)
      const found = options.lint === true || isReading ? lint(preflight, environment.stderr) : ''
      run.remarks.push(...remarksOf(findings, run.findings))
      if (findings.length > 0 || run.findings.some(({ severity }) => severity === 'error')) {
        const n = findings.length
        const lines = n === 0 ? '' : `${n === 1 ? 'one line' : `${n} lines`} cannot be run`
        const reasons = [lines, found].filter(Boolean).join(', ')
        const errors = run.findings.filter(({ severity }) => severity === 'error')
        const where = placesOf([...findings, ...errors])
        run.refuse(new LockstepError('bad-feature', `${reasons} (${where}); nothing was sent`))
      } else if (preflight.scenarios === 0) {
        run.refuse(new LockstepError('bad-feature', 'no scenario was found to run; nothing was done'))
      } else if (!isReading && preflight.outOfOrder !== undefined) {
        const { uri, line, message } = preflight.outOfOrder
        run.refuse(new LockstepError('bad-feature', `${uri}:${line}: ${message}; nothing was sent`))
      }
    }
    on('message', (envelope) => {
      if (envelope.source !== undefined) run.sources.set(envelope.source.uri, envelope.source.data)
      substitution.hear(envelope)
      redact(envelope)
      preflight.hear(envelope)
      // A run that only reads features carries out no line, so it keeps no account.
      if (!isReading) run.account.hear(envelope)
      if (envelope.testRunStarted !== undefined) isUnderWay = true
      // By the first testCaseStarted all test cases were told, and no hook or step of a scenario has run.
      if (envelope.testCaseStarted !== undefined) check()
      if (envelope.testCaseStarted !== undefined && envelope.testCaseStarted.attempt > 0) {
        run.refuse(
          new LockstepError(
            'bad-feature',
            'a rollout is not retried: a retried step is a second deploy; leave out --retry',
          ),
        )
      }
      if (envelope.testRunFinished !== undefined) {
        isUnderWay = false
        check()
        const { omission } = run.account
        if (omission !== undefined && !isReading && !run.hasStopped) run.omit(omission)
        if (!envelope.testRunFinished.success) run.fail()
      }
    })
    let hasEnded = false
    const end = () => {
      if (hasEnded) return
      hasEnded = true
      check()
      if (isUnderWay) endEarly(environment.stderr)
      // The reports for CI are loaded only now: nothing of them is needed before the end.
      const { tellCi } = lazy.inCi
      tellCi(run, {
        env: process.env,
        cwd: process.cwd(),
        now: Date.now(),
        write: (text) => process.stdout.write(text),
      })
      if (isReading) return
      const { writePage } = lazy.reportPage
      writePage(run, Date.now())
    }
    process.once('exit', end)
    beforeLeaving(process as unknown as Leaving, (code) => {
      end()
      return run.exitCode === 0 ? code : run.exitCode
    })
    decideExitStatus(process, () => {
      end()
      if (run.exitCode !== 0) process.exitCode = run.exitCode
    })
  },
}

/** Writes down what is known of a run whose process ends in mid-run; such a run is no success. */
function endEarly(stderr: NodeJS.WritableStream): void {
  // A second Ctrl-C ends the process at once: the operator did that, and nothing else is to blame.
  if (!run.stopping.signal.aborted) blameTeam()
  stderr.write('\n')
  run.cutOff()
  run.onCutOff()
}

function blameTeam(): void {
  const { text, uri, line } = run.current
  const where = text === '' ? 'before its first line' : `at "${text}" (${uri}:${line})`
  const why = `the process was ended in mid-run, ${where}, and not by Lockstep: look for process.exit in a step or a hook of your own; what was under way there is not known`
  run.refuse(new LockstepError('diverged', why))
}

/** Refuses unknown settings and options before anything is read. One may be the switch that keeps hosts unchanged. */
function refuseUnknown(options: object): void {
  try {
    expectSettings(process.env)
    expectOptions('option pluginOptions.lockstep', options, OPTIONS)
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    run.refuse(error)
  }
}

/** Writes what is dangerous in the features, and returns how much of it there is, as text. */
function lint(preflight: Preflight, stderr: NodeJS.WritableStream): string {
  // The linter is loaded only now: a run that does not only read needs nothing of it.
  const { countFindings, lintAll, writeFindings } = lazy.linting
  run.findings.push(...lintAll(preflight.heard))
  writeFindings(run.findings, (text) => stderr.write(text))
  return countFindings(run.findings)
}

/** Hides secrets in what cucumber's own reports show; they hear each message after this. */
function redact({ testStepFinished, testRunHookFinished, attachment }: Envelope): void {
  for (const result of [testStepFinished?.testStepResult, testRunHookFinished?.result]) {
    if (result?.message !== undefined) result.message = run.redact(result.message)
    const { exception } = result ?? {}
    if (exception?.message !== undefined) exception.message = run.redact(exception.message)
    if (exception?.stackTrace !== undefined) exception.stackTrace = run.redact(exception.stackTrace)
  }
  if (attachment !== undefined && String(attachment.contentEncoding) === 'IDENTITY')
    attachment.body = run.redact(attachment.body)
}

function remarksOf(findings: readonly Finding[], linted: readonly LintFinding[]): Remark[] {
  return [
    ...findings.map(({ uri, line, message }): Remark => ({ uri, line, severity: 'error', message })),
    ...linted.map(({ uri, line, severity, rule, message }) => ({
      uri,
      line,
      severity,
      message: `${rule}: ${message}`,
    })),
  ]
}

import type { createColors } from 'picocolors'
import { clean, hosts as counted, type Observation } from '../../rollout/model/verdict'
import { columnsOf, padColumns } from '../../system/columns'
import { formatDuration } from '../../system/duration'
import { EXIT } from '../../system/errors'
import { evidenceOf } from '../evidence'
import { foldHosts } from '../../rollout/model/fold_hosts'
import { describeGateEnd } from '../../rollout/model/gate'
import { describeAllOfRun } from '../all_hosts'
import { byObligation } from '../host_table'
import { oddHosts, type Cell } from '../matrix'
import { nothingIsOut, RESTORED, titleOf } from '../../run/outcome'
import type { LineWriter } from './line_writer'
import { groupByEnding } from '../../rehearsal/told_endings'
import { describeOmission } from '../../run/account'
import { describeLimited } from '../../run/limited'
import { MODES } from '../../run/modes'
import type { RunState } from '../../run/run_state'
import { advice, wouldChange } from '../advice'
import { hostsOfRun, describeUnchanged } from '../run_outcome'
import { groupBy } from '../../system/groups'

/** The number of lines that names of hosts take up. */
const MAX_LINES = 2
/** The number of things of one kind that are told. */
const MAX_TOLD = 12
const MAX_REASON = 2_000

/** The most rows that show hosts line by line. */
const MAX_ODD_ROWS = 8
/** The most columns of the hosts of such a row. */
const MAX_ODD_COLUMNS = 40

const SIGNS: Readonly<Record<Cell, string>> = {
  blank: ' ',
  passed: '✔',
  'done before': '○',
  diverged: '✘',
  silent: '?',
  out: '-',
  'not attempted': '·',
}

const LEGEND = '✔ passed ✘ diverged ? silent - out · not attempted'

/**
 * Writes what a person reads when a run is over. It shows the outcome of the run, which hosts are still out of
 * rotation, and what to do next.
 */
export class Summary {
  constructor(
    private readonly live: { readonly state: RunState },
    private readonly writer: LineWriter,
    private readonly paint: ReturnType<typeof createColors>,
  ) {}

  private get run(): RunState {
    return this.live.state
  }

  /** Writes what earlier runs have left out of rotation; this stands before everything else. */
  leftBefore(): void {
    const items = this.run.outBefore.map(({ host, obligation, run: id }) => ({
      host,
      obligation: `${obligation} (run ${id})`,
    }))
    for (const fault of this.run.notKnownBefore.slice(0, MAX_TOLD))
      this.writer.wrapped(`  Not everything is known of earlier runs: ${clean(fault)}`, 4, (line) =>
        this.paint.yellow(line),
      )
    if (items.length > 0) this.outOfRotation('Still out of rotation from earlier runs', items)
  }

  end(): void {
    const code = this.run.exitCode
    this.outcome(code)
    const limited = describeLimited(this.run)
    if (limited !== undefined) this.writer.wrapped(`  ${limited}`, 4, (line) => this.paint.yellow(line))
    this.gates()
    this.rehearsals()
    this.failed(code)
    this.out()
    this.restored()
    this.notAttempted(code)
    const out = this.run.outOfRotation
    const { purpose } = MODES[this.run.mode]
    if (purpose === 'rehearsal') this.writer.line('  Nothing is real in a rehearsal: no host was spoken to.')
    else if (out.length > 0) this.outOfRotation('Still out of rotation', out)
    else if ((this.run.verdicts.length > 1 && purpose !== 'plan') || code === EXIT.refused)
      this.writer.line(`  ${nothingIsOut(this.run)}`)
    for (const { host, what, since } of this.run.drift.slice(0, MAX_TOLD))
      this.writer.wrapped(
        `  drift: ${host} was done by run ${since}, and was another again; ${clean(what)}`,
        4,
        (line) => this.paint.yellow(line),
      )
    for (const note of this.run.notes) this.note(note)
    for (const { what, command } of advice(this.run, out.length > 0)) {
      this.writer.wrapped(`  ${this.paint.dim('next')}  ${what}`, 8, plain)
      // A command stands in one line, however long, or it could not be pasted.
      if (command !== undefined) this.writer.line(`        ${command}`)
    }
    if (this.run.journal !== undefined && this.run.verdicts.length > 0)
      this.writer.wrapped(`  ${this.paint.dim('see')}   journal: ${this.run.journal}`, 8, plain)
    if (this.writer.hasCut) this.writer.line('        every host and outcome: run.json among the reports')
  }

  note(text: string): void {
    this.writer.wrapped(`  noted: ${clean(text)}`, 4, (line) => this.paint.dim(line))
  }

  private outcome(code: number): void {
    const steps = this.run.passedLines
    const { bold, green, red, yellow } = this.paint
    if (code !== EXIT.passed && code !== EXIT.passedWithFailures) {
      const title = red(bold(titleOf(code, this.run.mode)))
      return this.writer.wrapped(`${title}  ${reason(this.run, code)}`, 2, plain)
    }
    const most = hostsOfRun(this.run)
    const took = formatDuration(this.run.ended?.took ?? 0)
    const rehearsed = `${this.run.rehearsals.length} rehearsals of ${steps} steps on ${counted(most)}, in ${took}`
    if (this.run.rehearsals.length > 0)
      return this.writer.line(`${green(bold(titleOf(code, this.run.mode)))}  ${rehearsed}`)
    const said =
      this.run.planned === undefined
        ? `${steps} steps on ${counted(most)}, in ${took}${describeUnchanged(this.run)}`
        : wouldChange(this.run.planned)
    if (code === EXIT.passed)
      return this.writer.wrapped(`${green(bold(titleOf(code, this.run.mode)))}  ${said}`, 2, plain)
    const out = counted(this.run.out.size)
    this.writer.wrapped(
      `${yellow(bold(titleOf(code, this.run.mode)))}  for ${out} that failed within the budget: ${said}`,
      2,
      plain,
    )
  }

  /** Writes the hosts that failed and were allowed to. */
  private out(): void {
    const { out } = this.run
    for (const [what, hosts] of groupBy(out.keys(), (host) => out.get(host) ?? ''))
      this.hosts(`  Failed, ${clean(what)}: `, hosts, this.paint.red)
  }

  /** Writes the hosts that were ordered to go back. They are not done, even if their lines passed above. */
  private restored(): void {
    const hosts = this.run.restored
    if (hosts.length > 0) this.hosts(`  ${RESTORED} (${counted(hosts.length)}): `, hosts)
  }

  private notAttempted(code: number): void {
    const hosts = code === EXIT.passed ? [] : this.run.notAttempted
    if (hosts.length > 0) this.hosts(`  Not attempted (${counted(hosts.length)}): `, hosts)
  }

  /** Writes who answered at the gates. */
  private gates(): void {
    for (const { question, ended } of this.run.gates.slice(-MAX_TOLD))
      if (ended !== undefined) this.writer.wrapped(`  ${question} ${clean(describeGateEnd(ended))}`, 4, plain)
  }

  /** Writes where the hosts of each rehearsal ended. Failed rehearsals stand last, where a person reads first. */
  private rehearsals(): void {
    const worst = [...this.run.rehearsals].sort((a, b) => a.failures.length - b.failures.length)
    for (const rehearsal of worst) {
      const { fault, title, failures } = rehearsal
      const mark = failures.length === 0 ? this.paint.green('✔') : this.paint.red('✘')
      this.writer.wrapped(`  ${mark} ${fault ?? 'nothing goes wrong'}: ${title}`, 6, plain)
      for (const { ending, hosts } of groupByEnding(rehearsal))
        this.writer.hosts(`      ${ending}: `, hosts, MAX_LINES)
      for (const failure of failures)
        this.writer.wrapped(`      ${failure}`, 8, (line) => this.paint.red(line))
    }
  }

  /** Names the hosts that failed again, since the lines above may have scrolled away. */
  private failed(code: number): void {
    if (this.run.rehearsals.length > 1) return
    if (code !== EXIT.failed && code !== EXIT.unreachable) return
    const failed = this.run.currentVerdict?.observations.filter(({ passed }) => !passed) ?? []
    const silent = failed.filter(({ kind }) => kind === 'silent')
    this.namesAgain(
      'Diverged',
      failed.filter(({ kind }) => kind !== 'silent'),
    )
    this.namesAgain('Silent', silent)
    this.evidence()
  }

  private namesAgain(what: string, observations: readonly Observation[]): void {
    const hosts = observations.map(({ host }) => host)
    if (hosts.length > 0) this.hosts(`  ${what}: `, hosts, this.paint.red, 1)
  }

  /** Writes, line by line, the hosts that a person has to look at. Those that went the same way share a row. */
  private evidence(): void {
    const odd = [...new Set(this.run.plan.map(({ uri }) => uri))].flatMap((uri) =>
      oddHosts(evidenceOf(this.run, uri), Infinity),
    )
    const alike = groupBy(odd, ({ cells }) => cells.map((cell) => SIGNS[cell]).join(''))
    const rows = [...alike].map(([signs, those]) => ({
      who: foldHosts(those.map(({ host }) => host)).join(','),
      signs,
    }))
    const width = Math.max(0, ...rows.map(({ who }) => columnsOf(who)))
    const isShort = rows.length <= MAX_ODD_ROWS && width <= MAX_ODD_COLUMNS
    // The page of the run has a row for every host.
    if (rows.length === 0 || !(isShort || this.writer.namesAll)) return
    for (const { who, signs } of rows) this.writer.line(`    ${padColumns(who, width)}  ${signs}`)
    const under = `    ${''.padEnd(width)}  ${LEGEND}`
    this.writer.line(this.paint.dim(this.writer.fits(under) ? under : `    ${LEGEND}`))
  }

  private outOfRotation(title: string, items: readonly { host: string; obligation: string }[]): void {
    const n = new Set(items.map(({ host }) => host)).size
    this.writer.line(this.paint.yellow(`  ${title}: ${counted(n)}`))
    for (const [what, names] of byObligation(items)) this.hosts(`    ${what}: `, names)
  }

  private hosts(
    label: string,
    hosts: readonly string[],
    paint: (text: string) => string = plain,
    most = MAX_LINES,
  ): void {
    const all = describeAllOfRun(this.run, hosts)
    if (all === undefined) this.writer.hosts(label, hosts, most, paint)
    else this.writer.line(`${label}${paint(all)}`)
  }
}

function reason(run: RunState, code: number): string {
  const { passedLines: steps, stoppedAt } = run
  const where = stoppedAt === undefined ? '' : `at "${stoppedAt.text}" (${stoppedAt.uri}:${stoppedAt.line})`
  if (code === EXIT.interrupted)
    return `by the operator; ${steps} steps were done${where && `, stopped ${where}`}`
  // A run that has not begun came to no line: its sentence names the lines that are wrong.
  if (run.refused !== undefined)
    return `${clean(run.refused.message, MAX_REASON)}${run.hasBegun && where ? `, ${where}` : ''}`
  if (run.omission !== undefined && stoppedAt === undefined)
    return clean(describeOmission(run.omission), MAX_REASON)
  const failed = run.rehearsals.filter(({ failures }) => failures.length > 0).length
  if (failed > 0) return `${failed} of ${run.rehearsals.length} rehearsals must not end as they do`
  const after = MODES[run.mode].changes ? 'no host was touched after it' : 'nothing was changed'
  const [hook] = run.hookFaults
  return `${[hook, where].filter(Boolean).join(', ') || 'a step failed'}; ${after}`
}

function plain(text: string): string {
  return text
}

import { asking, type Change, type PlannableChange, type Refusals } from '../engine/change'
import type { Look } from '../engine/look'
import type { StepContext } from '../engine/step_context'
import type { Answer, Answers } from '../model/answers'
import type { HostGateway } from '../model/obligation'
import { NOT_KNOWN } from '../model/planned_state'
import { NO_REPORT_LEFT, NO_VERSION, type OwnRun } from '../model/puppet_history'
import {
  faultOf,
  judgeApplied,
  judgeChanges,
  judgeFailures,
  refuseOlderCode,
  versionOf,
} from '../model/puppet_judgement'
import {
  lacksReport,
  readPuppetAnswer,
  type PuppetAnswer,
  type PuppetChange,
  type PuppetReport,
} from '../model/puppet_report'
import { observationOf, type Reading } from '../model/reading'
import type { Observation, Verdict } from '../model/verdict'
import { puppetRunOf } from '../../system/puppet_run'
import { groupBy } from '../../system/groups'
import { recordModules } from './puppet_modules'
import {
  askCode,
  askReportAndCode,
  codeBeside,
  codeToApply,
  orderRuns,
  type CodeByHost,
  type WantedCode,
} from './puppet_orders'
import { awaitRuns, type EndedRun, type OrderedRun } from './puppet_wait'

/** Milliseconds that a run may take unless a line says otherwise. */
const RUN_WITHIN_MS = 30 * 60_000
const RESOURCE = 'puppet run'

interface HowToRun {
  noop: boolean
  within: number
  /** The code that is applied without a master; absent for a catalog of a master's. */
  code?: WantedCode
  /** True where the code of the last run is run again, of whichever way. */
  again?: boolean
}

interface Around {
  /** Returns the runs, by host, that an earlier run of the rollout has ordered by this line and that may go on still. */
  openRuns: () => ReadonlyMap<string, string>
  /** The runs of an earlier run of the rollout that left a report. */
  earlier: ReadonlyMap<string, readonly OwnRun[]>
  /** Returns whether a host may go back to older code. */
  mayGoBack: () => boolean
  /** Called with the runs that have ended, and were not in noop. */
  onApplied: (ended: readonly EndedRun[], gateway: HostGateway) => Promise<void>
}

/**
 * Runs of puppet. A run has the name of its order, and is over when the host has a report under that name. What the
 * report says is what lines are judged by: an answer to the order says only that a run has begun.
 */
export class PuppetRuns {
  private readonly own = new Map<string, OwnRun[]>()

  constructor(
    private readonly step: Pick<StepContext, 'executor' | 'append'>,
    private readonly around: Around,
  ) {
    for (const [host, runs] of around.earlier) this.own.set(host, [...runs])
  }

  run({ noop = false, within = RUN_WITHIN_MS }: { noop?: boolean; within?: number } = {}): Promise<Verdict> {
    return this.step.executor.change(this.ordered({ noop, within }, (own) => own))
  }

  /** Applies the code that is packed with an application, without a master: that of the only one, unless it is named. */
  apply({ noop = false, application }: { noop?: boolean; application?: string } = {}): Promise<Verdict> {
    const how = { noop, within: RUN_WITHIN_MS, code: { application } }
    return this.step.executor.change(this.ordered(how, (own) => own))
  }

  /** Runs puppet in noop, and expects that nothing would be changed: puppet's own look at the whole host. */
  shouldChangeNothing(): Promise<Verdict> {
    const judge = (own: Observation, report: PuppetReport | undefined) =>
      own.passed && report !== undefined ? { ...own, ...judgeChanges(report, []) } : own
    return this.step.executor.change(this.ordered({ noop: true, within: RUN_WITHIN_MS, again: true }, judge))
  }

  shouldHaveFailedOnNothing(): Promise<Verdict> {
    return this.step.executor.look(
      this.look((report, runs) => {
        const failed = failedBefore(report, runs)
        return failed === undefined ? judgeFailures(report) : { passed: false, seen: failed }
      }),
    )
  }

  /** Looks whether the last run, in noop, would change what is in a table, and nothing else. */
  wouldChangeOnly(allowed: readonly PuppetChange[]): Promise<Verdict> {
    let isFirst = false
    this.step.executor.once(() => (isFirst = true))
    if (isFirst) return this.step.executor.look(this.look((report) => judgeChanges(report, allowed)))
    // What a run in noop said is true of its moment, and lines after it have gone on from there.
    const read = (answer: Answer): Reading => {
      const said = readPuppetAnswer(answer)
      return typeof said === 'string'
        ? { passed: false, seen: said }
        : { passed: true, seen: 'was so when puppet ran in noop, and was seen then' }
    }
    return this.step.executor.look({ ...this.look(() => NEVER), read })
  }

  /** Looks whether the last run applied a release, by the version of its catalog. */
  shouldHaveApplied(release: string): Promise<Verdict> {
    return this.step.executor.look(
      this.look((report, runs) => {
        const applied = judgeApplied(report, release)
        if (!applied.passed || !report.noop) return applied
        const { seen } = applied
        // A run in noop applies nothing. It shows that a run before it has, where nothing is left to change.
        const failed = failedBefore(report, runs)
        if (failed !== undefined) return { passed: false, seen: `${seen}, but ${failed}` }
        const isApplied = runs.some(({ noop, began }) => !noop && began < report.began)
        const left = judgeChanges(report, [])
        if (isApplied && left.passed) return { passed: true, seen: `${seen}, by a run in noop afterwards` }
        return { passed: false, seen: `${seen}, in noop alone: ${left.seen}` }
      }),
    )
  }

  private ordered(
    how: HowToRun,
    judge: (own: Observation, report: PuppetReport | undefined) => Observation,
  ): Change {
    const open = this.around.openRuns()
    const runs = new Map(open)
    const before = new Map<string, string>()
    const codes = new Map<string, { code: string; digest: string }>()
    return {
      beforehand: async (hosts, gateway) => {
        const ready = await refuse(hosts, open, gateway, before)
        const refused = new Set(ready.refused.map(({ host }) => host))
        const left = hosts.filter((host) => !open.has(host) && !refused.has(host))
        const coded = await this.findCode(left, how, gateway, codes)
        return {
          refused: [...ready.refused, ...coded.refused],
          unexpected: [...ready.unexpected, ...coded.unexpected],
        }
      },
      order: {
        tell: async (hosts, gateway) => {
          const fresh = hosts.filter((host) => !open.has(host))
          const told = await orderRuns(fresh, { noop: how.noop, codes }, gateway)
          for (const [host, run] of told.runs) runs.set(host, run)
          const sent = hosts.flatMap((host) => (open.has(host) ? [[host, ORDERED_BEFORE] as const] : []))
          return { ...told, outcomes: new Map([...told.outcomes, ...sent]) }
        },
        afterwards: async (done, gateway) => {
          const ordered = done.observations.map((said): OrderedRun => ({
            host: said.host,
            run: runs.get(said.host) ?? '',
            said,
            hasMaster: how.code === undefined && !codes.has(said.host),
          }))
          const { observations, unexpected, ended } = await awaitRuns(ordered, how, gateway)
          await this.writeDown(ended, how.noop)
          if (!how.noop) await this.around.onApplied(ended, gateway)
          const reports = new Map(ended.map(({ host, report }) => [host, report]))
          return {
            observations: observations.map((own) => {
              const report = reports.get(own.host)
              const judged = judge(refuseOther(own, report, codes), report)
              return how.noop || report === undefined || this.around.mayGoBack()
                ? judged
                : { ...judged, ...refuseOld(judged, report, open.has(own.host), before.get(own.host)) }
            }),
            unexpected: [...done.unexpected, ...unexpected],
          }
        },
      },
      plannable: plannableRun(how),
      // The run of an order that was sent before is looked for, and no second one is ordered.
      repeatable: true,
    }
  }

  /** Finds the code of the hosts that are to apply their own, and refuses those that have none that they may. */
  private async findCode(
    hosts: readonly string[],
    { code, noop, again }: HowToRun,
    gateway: HostGateway,
    codes: Map<string, { code: string; digest: string }>,
  ): Promise<Refusals> {
    const lastOf = (host: string) => this.own.get(host)?.at(-1)?.code?.name
    const wanted = code === undefined ? groupBy(hosts, lastOf) : new Map([[code.application, [...hosts]]])
    const all: { refused: Observation[]; unexpected: Refusals['unexpected'][number][] } = {
      refused: [],
      unexpected: [],
    }
    for (const [application, own] of wanted) {
      // A host whose last run was of a master's code runs that again.
      if ((code === undefined && (again !== true || application === undefined)) || own.length === 0) continue
      const answers = await askCode({ application })(own, gateway)
      await recordModules(answers, this.step)
      all.unexpected.push(...answers.unexpected)
      const looked = own.map((host) =>
        observationOf(host, answers, (answer) => {
          const found = codeToApply(answer, { noop, again: again === true }, this.own.get(host) ?? [])
          if (typeof found === 'string') return { passed: false, seen: `${found}; no run was ordered` }
          codes.set(host, { code: found.code, digest: found.digest })
          return { passed: true, seen: 'ready' }
        }),
      )
      all.refused.push(...looked.filter(({ passed }) => !passed))
    }
    return all
  }

  private async writeDown(ended: readonly EndedRun[], noop: boolean): Promise<void> {
    for (const [run, hosts] of groupBy(ended, (each) => each.run)) {
      const states = groupBy(hosts, ({ report }) =>
        report === undefined ? NO_REPORT_LEFT : report.configVersion || NO_VERSION,
      )
      const failed = new Map(hosts.flatMap((each) => failureOf(each)))
      const code = hosts.find(({ report }) => report?.code !== undefined)?.report?.code
      const applied = code === undefined ? {} : { code }
      await this.step.append({
        type: 'puppet run ended',
        run,
        requestId: run.replace(puppetRunOf(''), ''),
        noop,
        states: Object.fromEntries([...states].map(([state, own]) => [state, own.map(({ host }) => host)])),
        began: Object.fromEntries(
          hosts.flatMap(({ host, report }) => (report === undefined ? [] : [[host, report.began]])),
        ),
        ...(failed.size === 0 ? {} : { failed: Object.fromEntries(failed) }),
        ...applied,
      })
      for (const { host, report } of hosts) {
        const why = failed.get(host)
        const more = why === undefined ? {} : { failed: why }
        if (report !== undefined)
          this.own.set(host, [
            ...(this.own.get(host) ?? []),
            { run, noop, began: report.began, ...more, ...applied },
          ])
      }
    }
  }

  /** Returns a look at the last report of each host; one that is older than the rollout's own run proves nothing. */
  private look(judge: (report: PuppetReport, runs: readonly OwnRun[]) => Reading): Look {
    return {
      request: async (hosts, gateway) => {
        const answers = await asking({ agent: 'puppet', action: 'report', inputs: {} })(hosts, gateway)
        const outcomes = new Map<string, Answer>()
        for (const [host, answer] of await withSummaries(answers, gateway))
          outcomes.set(
            host,
            answer.kind === 'answered'
              ? { ...answer, data: { ...answer.data, own: this.own.get(host) ?? [] } }
              : answer,
          )
        return { ...answers, outcomes }
      },
      read: (answer) => {
        const said = readPuppetAnswer(answer)
        if (typeof said === 'string') return { passed: false, seen: said }
        const runs = (answer.kind === 'answered' ? answer.data['own'] : []) as readonly OwnRun[]
        return judgeLast(said, runs, judge)
      },
      // A run before this line that is only planned leaves a report of which nothing is known before.
      subject: { resource: RESOURCE, judge: () => NEVER },
    }
  }
}

/** Judges a run of which only the order is known: the version before it is not known. */
function refuseOld(
  own: Observation,
  report: PuppetReport,
  isOpen: boolean,
  last: string | undefined,
): Reading {
  // A host without an earlier report has no code to go back from.
  return last === undefined && !isOpen ? own : refuseOlderCode(last ?? '', report.configVersion, own)
}

const NEVER: Reading = { passed: false, seen: NOT_KNOWN }
const ORDERED_BEFORE: Answer = { kind: 'answered', data: {} }

function judgeLast(
  { report }: PuppetAnswer,
  runs: readonly OwnRun[],
  judge: (report: PuppetReport, runs: readonly OwnRun[]) => Reading,
): Reading {
  if ('none' in report) return { passed: false, seen: report.none }
  const own = runs.at(-1)
  if (own === undefined) return { passed: false, seen: 'this rollout has no run of puppet that ended on it' }
  if (report.run !== own.run && report.began <= own.began)
    return { passed: false, seen: 'its last report is older than the run of this rollout' }
  const reading = judge(report, runs)
  if (report.run === own.run || !reading.passed) return reading
  return { ...reading, seen: `${reading.seen}, by a later run` }
}

function failureOf({ host, report }: EndedRun): (readonly [string, string])[] {
  const judged = report === undefined ? undefined : judgeFailures(report)
  return judged === undefined || judged.passed ? [] : [[host, judged.seen]]
}

/**
 * Returns what failed in the last own run that was not in noop, where the report is of one in noop: what did not
 * restart, for instance, is as it should be for puppet from then on.
 */
function failedBefore(report: PuppetReport, runs: readonly OwnRun[]): string | undefined {
  return report.noop ? runs.findLast(({ noop, began }) => !noop && began < report.began)?.failed : undefined
}

/** Refuses a run whose report is of other code than was ordered. */
function refuseOther(own: Observation, report: PuppetReport | undefined, codes: CodeByHost): Observation {
  const wanted = codes.get(own.host)
  if (wanted === undefined || report === undefined || report.code?.digest === wanted.digest) return own
  return { ...own, passed: false, seen: 'its report is of other code than was ordered' }
}

/** Returns the hosts that get no order: those whose run could not begin now, or could not be told from another. */
async function refuse(
  all: readonly string[],
  open: ReadonlyMap<string, string>,
  gateway: HostGateway,
  before: Map<string, string>,
): Promise<Refusals> {
  const hosts = all.filter((host) => !open.has(host))
  if (hosts.length === 0) return { refused: [], unexpected: [] }
  const answers = await asking({ agent: 'puppet', action: 'report', inputs: {} })(hosts, gateway)
  const looked = hosts.map((host) =>
    observationOf(host, answers, (answer) => {
      const said = readPuppetAnswer(answer)
      if (typeof said !== 'string' && !said.hasNoRun)
        before.set(host, 'none' in said.report ? '' : said.report.configVersion)
      return isReady(answer)
    }),
  )
  return { refused: looked.filter(({ passed }) => !passed), unexpected: answers.unexpected }
}

function isReady(answer: Answer): Reading {
  const said = readPuppetAnswer(answer)
  if (typeof said === 'string') return { passed: false, seen: `${said}; no run was ordered` }
  if (!said.enabled) {
    const why = said.disableMessage === '' ? '' : `: ${said.disableMessage}`
    return { passed: false, seen: `its puppet is disabled${why}; no run was ordered` }
  }
  if (said.applying)
    return { passed: false, seen: 'its puppet is running already, by another order; no run was ordered' }
  return { passed: true, seen: 'ready' }
}

/** Returns answers with what the summary of a run tells, for agents that know no reports, as Ruby's do. */
async function withSummaries(answers: Answers, gateway: HostGateway): Promise<ReadonlyMap<string, Answer>> {
  const hosts = [...answers.outcomes].flatMap(([host, answer]) => (lacksReport(answer) ? [host] : []))
  if (hosts.length === 0) return answers.outcomes
  const request = { agent: 'puppet', action: 'last_run_summary', inputs: {} }
  const { outcomes } = await asking(request)(hosts, gateway)
  const told = hosts.map((host) => [host, describeSummary(outcomes.get(host))] as const)
  return new Map([...answers.outcomes, ...told])
}

/** Returns what a summary tells. It is never enough: it names no run, and a run without a catalog has failed nowhere in it. */
function describeSummary(answer: Answer | undefined): Answer {
  const unknown = 'its agent has no action report'
  if (answer?.kind !== 'answered')
    return { kind: 'failed', message: `${unknown}, and tells no summary of its last run`, data: {} }
  const { failed_resources, config_version } = answer.data
  const failed = typeof failed_resources === 'number' ? `${failed_resources} failed` : 'failures are not told'
  const version =
    typeof config_version === 'string' || typeof config_version === 'number' ? config_version : 'none'
  const message = `by the summary of its last run: ${failed}, version ${version}; whose run that was cannot be known: ${unknown}`
  return { kind: 'failed', message, data: {} }
}

/** Returns the plan of a run. A plan does not run puppet, in noop or otherwise, so it knows no more than the last report. */
function plannableRun({ noop, code }: HowToRun): PlannableChange {
  return {
    resource: RESOURCE,
    ask: askReportAndCode(code),
    plan(answer) {
      const said = readPuppetAnswer(answer)
      const ready = isReady(answer)
      // A line before this one may enable puppet, and a run of another may have ended by then.
      if (typeof said === 'string') return { now: NOT_KNOWN, to: undefined, fails: said }
      const last = 'none' in said.report ? said.report.none : describeLast(said.report)
      const packed = code === undefined ? undefined : codeBeside(answer)
      const remarks = [
        ...(ready.passed ? [] : [`now ${ready.seen.replace('; no run was ordered', '')}`]),
        ...(typeof packed === 'string' ? [`now ${packed}`] : []),
      ]
      const remark = remarks.length === 0 ? {} : { remark: remarks.join('; ') }
      const isIdle = !('none' in said.report) && isQuiet(said.report)
      // The whole digest: the code that is applied after the plan was approved is compared with it.
      const own = typeof packed === 'object' ? `its code of ${packed.code}: sha256:${packed.digest}; ` : ''
      const now = code === undefined ? last : `${own}its last run: ${last}`
      return { now, to: undefined, always: true, ...remark, ...(isIdle ? { isIdle } : {}) }
    },
    words: (now) => {
      if (code === undefined)
        return noop
          ? 'would run puppet in noop; what it would change cannot be known before'
          : `would run puppet; what it changes cannot be known before (its last run: ${now})`
      const would = noop ? 'in noop; what it would change' : 'of its own; what it changes'
      return `would apply puppet code ${would} cannot be known before (${now})`
    },
    affectsOthers: !noop,
    ...(noop ? {} : { invalidates: 'everything' as const }),
  }
}

/** Returns whether a run, by its report, found nothing to change. */
function isQuiet(report: PuppetReport): boolean {
  return (
    faultOf(report) === undefined &&
    judgeFailures(report).passed &&
    report.changesCount + report.skippedCount + report.againstNoopCount === 0
  )
}

function describeLast(report: PuppetReport): string {
  const changes = `${report.changesCount} change${report.changesCount === 1 ? '' : 's'}`
  return `${versionOf(report)}, ${faultOf(report) === undefined ? changes : 'not completed'}${report.noop ? ', in noop' : ''}`
}

import { LockstepError } from '../../system/errors'
import { lineKey, type Checkpoint, type ScenarioCheckpoint } from '../model/checkpoint'
import { describeOtherHosts } from '../model/same_hosts'
import { valueIn, type Wave } from '../model/wave_plan'
import type { Line } from './line'

/** The entries of the resumed run's journal about the scenario that runs now. */
export class Resumption {
  private scenario: ScenarioCheckpoint | undefined
  private wavesTaken = 0

  constructor(private readonly checkpoint: Checkpoint | undefined) {}

  /** The run that is resumed; undefined where none is. */
  get run(): string | undefined {
    return this.checkpoint?.run
  }

  beginScenario(scenarioId: string): void {
    this.scenario = this.checkpoint?.scenarios.get(scenarioId)
    this.wavesTaken = 0
  }

  /** True when the earlier run has done the scenario: it is only proved again. */
  get isDone(): boolean {
    return this.scenario?.done === true
  }

  /** Returns whether a later line has superseded a check, in a scenario that is only proved again. */
  isOvertaken(line: Line): boolean {
    return this.isDone && this.scenario?.overtaken.has(lineKey(line)) === true
  }

  /** Returns the hosts to which the resumed run sent the order of this line, and whose result it never knew. */
  unknownOutcome(line: Line): ReadonlySet<string> {
    return this.scenario?.unknown.get(lineKey(line)) ?? new Set()
  }

  /** Returns the runs of puppet, by host, that the resumed run has ordered by this line, and that may go on still. */
  openPuppetRuns(line: Line): ReadonlyMap<string, string> {
    return this.scenario?.openPuppetRuns.get(lineKey(line)) ?? new Map()
  }

  /** Returns a host's value of a fact as a wave of the resumed run went by it; undefined where none did. */
  factOf(host: string, fact: string): string | undefined {
    const waves = [...(this.checkpoint?.scenarios.values() ?? [])].flatMap((scenario) => scenario.waves)
    const own = waves.find((wave) => wave.hosts.includes(host) && valueIn(wave, fact) !== undefined)
    return own === undefined ? undefined : valueIn(own, fact)
  }

  /**
   * Expects the hosts that are written down now to be the roll call of the resumed run. `where` is where they are
   * written, such as `the inventory`.
   * @throws LockstepError `bad-input` when they are others
   */
  expectSameHosts(written: readonly string[], where: string, isOut: (host: string) => boolean): void {
    const { checkpoint } = this
    if (checkpoint === undefined || checkpoint.isOfHistory === true) return
    const other = describeOtherHosts([...checkpoint.hosts, ...checkpoint.outside], written, isOut)
    if (other === undefined) return
    throw new LockstepError(
      'bad-input',
      `${where} has other hosts than run ${checkpoint.run}, which is resumed: ${other}. A rollout keeps its hosts: restore ${where} as that run had it, or run the feature from the start; no host was touched`,
    )
  }

  /**
   * Expects the next wave of the scenario to have the hosts that it had in the resumed run. Others would count as done,
   * or get an order for the second time.
   * @throws LockstepError `bad-input` when they are others
   */
  expectSameWave({ name, hosts }: Wave, isOut: (host: string) => boolean): void {
    const { checkpoint, scenario } = this
    if (checkpoint === undefined || scenario === undefined || checkpoint.isOfHistory === true) return
    // A scenario that is done without a wave was done on no host of one.
    const before = scenario.waves[this.wavesTaken]?.hosts ?? (scenario.done ? [] : undefined)
    this.wavesTaken += 1
    const other = before === undefined ? undefined : describeOtherHosts(before, hosts, isOut)
    if (other === undefined) return
    throw new LockstepError(
      'bad-input',
      `the wave ${name} of the scenario "${scenario.name}" has other hosts than in run ${checkpoint.run}, which is resumed: ${other}. A wave keeps its hosts: restore the list of hosts and their facts as that run had them, or run the feature from the start; no host of this wave was touched`,
    )
  }
}

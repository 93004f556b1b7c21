import type { HostGateway } from '../model/obligation'
import type { Expected } from '../model/plan_state'
import type { Verdict } from '../model/verdict'
import type { Engine } from './engine'
import type { BaseExecutor, ConcludeOptions, Executor, Measurement } from './executor'
import { readOnlyGateway } from './host_gateway'
import type { Look } from './look'
import { lookUntilPassed } from './look_until'

/**
 * Checks whether an earlier run has done a scenario. Changes are skipped, and checks run again unless a later line has
 * superseded them. Everything else, such as concluding, is done as `otherwise` does it: really, or in a rollout that
 * changes nothing.
 */
export class ProveAgain implements Executor {
  readonly gateway: HostGateway

  constructor(
    private readonly engine: Engine,
    private readonly otherwise: BaseExecutor,
  ) {
    this.gateway = readOnlyGateway(engine.gateway)
  }

  change(): Promise<Verdict> {
    return this.passOver()
  }

  async look(look: Look): Promise<Verdict> {
    const { halt, scope, resumption, line, lookEvery } = this.engine
    halt.expectGoingOn()
    const refused = await this.otherwise.refuse(look)
    if (refused !== undefined) return refused
    if (resumption.isOvertaken(line)) return this.passOver()
    const hosts = await scope.moving()
    return this.conclude(await lookUntilPassed(look, hosts, this.gateway, lookEvery))
  }

  measure<T>(measurement: Measurement<T>): Promise<Verdict> {
    return this.otherwise.measure(measurement, this.gateway)
  }

  async appraise(look: () => Promise<Verdict>): Promise<Verdict> {
    const { halt, resumption, line } = this.engine
    halt.expectGoingOn()
    return resumption.isOvertaken(line) ? this.passOver() : this.otherwise.appraise(look)
  }

  conclude(verdict: Verdict, options?: ConcludeOptions): Promise<Verdict> {
    return this.otherwise.conclude(verdict, options)
  }

  expect(resource: string, host: string): Expected {
    return this.otherwise.expect(resource, host)
  }

  async pass(): Promise<void> {
    this.engine.halt.expectGoingOn()
  }

  once(): void {
    // The earlier run has passed the check.
  }

  shut(why: string): void {
    this.otherwise.shut(why)
  }

  soak(): Promise<void> {
    return this.otherwise.soak(0)
  }

  undo(work: () => Promise<void>): Promise<void> {
    return this.otherwise.undo(work)
  }

  /** Concludes a line that is not carried out, since an earlier run did it and a later line proves it. */
  private async passOver(): Promise<Verdict> {
    const { halt, journal, scope, resumption, line } = this.engine
    halt.expectGoingOn()
    await journal.append({ type: 'passed over', step: line.step, line: line.line })
    const seen = `done by run ${resumption.run}, says its journal`
    const hosts = await scope.moving()
    const observations = hosts.map((host) => ({ host, passed: true, kind: 'done before' as const, seen }))
    return this.conclude({ observations, unexpected: [] })
  }
}

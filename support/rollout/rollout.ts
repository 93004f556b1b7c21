import { pause, type Clock } from '../system/clock'
import { LockstepError } from '../system/errors'
import { Agents } from './agents'
import { Checks } from './checks'
import type { Ledger } from './ledger'
import { Packages } from './packages'
import type { Answers, Audience, Balancer, Fleet, Journal, Request, Stray } from './ports'
import { RollCall } from './roll_call'
import { Services } from './services'
import { Traffic } from './traffic'
import { count, describe, holds, type Verdict } from './verdict'

export interface RolloutPorts {
  fleet: Fleet
  journal: Journal
  audience: Audience
  clock: Clock
  /** The balancer that a feature means by an IP address. */
  balancerAt: (address: string) => Balancer
  /** What is out of the pool; shared by all rollouts of a run. */
  ledger: Ledger
  /** Between two looks of a step that waits, ms. */
  lookEvery: number
  /** Aborted when the operator asks to stop: what is under way is finished, what waits is not waited for. */
  stopping: AbortSignal
}

/** Whoever floods the reply queue is named often enough by then. */
const OVERHEARD_AT_MOST = 1_000

/**
 * One rollout: its hosts, what may be said to them, and what was seen. Once a verdict has not held, or the operator
 * has asked to stop, no host is asked anything any more by a step.
 */
export class Rollout {
  readonly ledger: Ledger
  readonly hosts: RollCall
  readonly traffic: Traffic
  readonly packages: Packages
  readonly services: Services
  readonly checks: Checks
  readonly agents: Agents
  /** The line that is being run; set by whoever runs it. */
  step = ''
  private halt: LockstepError | undefined
  private readonly loose: Stray[] = []

  constructor(readonly ports: RolloutPorts) {
    this.ledger = ports.ledger
    this.hosts = new RollCall(this)
    this.traffic = new Traffic(this)
    this.packages = new Packages(this)
    this.services = new Services(this)
    this.checks = new Checks(this)
    this.agents = new Agents(this)
  }

  /** Why nothing more may be done, if so. */
  get halted(): LockstepError | undefined {
    return this.halt
  }

  stopAt(reason: LockstepError): void {
    this.halt ??= reason
  }

  /** A message that came while nobody waited for it; one that fails makes the next verdict fail. */
  overheard(stray: Stray): void {
    if (this.loose.length < OVERHEARD_AT_MOST) this.loose.push(stray)
  }

  /** What was overheard since the last verdict. */
  takeOverheard(): Stray[] {
    return this.loose.splice(0)
  }

  /** @throws LockstepError when the rollout has stopped */
  expectGoingOn(): void {
    if (this.halt !== undefined) throw this.halt
    if (this.ports.stopping.aborted) {
      this.halt = new LockstepError('interrupted', 'not attempted: the operator asked to stop')
      throw this.halt
    }
  }

  /** Asks hosts something, journalled before it is sent and after it was answered. */
  readonly ask = async (request: Request, hosts: readonly string[]): Promise<Answers> => {
    const { fleet, journal, audience } = this.ports
    const answers = await fleet.call(request, hosts, {
      beforeSend: (requestId) =>
        journal.append({ type: 'asked', step: this.step, requestId, ...request, hosts }),
      onProgress: (settled, expected) => audience.progress(settled, expected),
    })
    await journal.append({
      type: 'answered',
      requestId: answers.requestId,
      outcomes: byKind(answers),
      interrupted: answers.interrupted,
    })
    return answers
  }

  /** Makes a verdict known. One that has not held stops the rollout. */
  async conclude(verdict: Verdict): Promise<Verdict> {
    const whole = { ...verdict, strays: [...verdict.strays, ...this.takeOverheard()] }
    const held = holds(whole)
    if (!held) this.stopAt(new LockstepError('diverged', describe(whole)))
    this.ports.audience.verdict(whole)
    await this.ports.journal.append({ type: 'verdict', step: this.step, held, counts: { ...count(whole) } })
    return whole
  }

  /** @throws LockstepError `interrupted` when the operator asks to stop meanwhile */
  async wait(ms: number): Promise<void> {
    const { clock, stopping } = this.ports
    try {
      await pause(clock, ms, stopping)
    } catch (error) {
      throw new LockstepError('interrupted', 'the operator asked to stop while this step was waiting', {
        cause: error,
      })
    }
  }
}

function byKind({ outcomes }: Answers): Record<string, string[]> {
  const kinds: Record<string, string[]> = {}
  for (const [host, { kind }] of outcomes) (kinds[kind] ??= []).push(host)
  return kinds
}

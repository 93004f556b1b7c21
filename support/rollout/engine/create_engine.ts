import type { FailureBudget } from '../model/failure_budget'
import type { RolloutPorts } from '../ports'
import { Conclusions } from './conclusions'
import { Executors } from './executors'
import { LockstepError } from '../../system/errors'
import { nameHosts } from '../model/name_hosts'
import { Halt } from './halt'
import { JournalledGateway, nothingMayChange, onlyProvedAgain } from './host_gateway'
import type { Line } from './line'
import { Resumption } from './resumption'
import { Scope, type HostSource } from './scope'
import type { StepContext } from './step_context'

/** The parts of an engine that the root of a rollout speaks to. */
export interface CreatedEngine {
  step: StepContext
  halt: Halt
  conclusions: Conclusions
  gateway: JournalledGateway
  executors: Executors
  resumption: Resumption
}

/** Puts together what carries out the lines of one rollout. `line` is the line that is run, as its runner sets it. */
export function createEngine(
  ports: RolloutPorts,
  hosts: HostSource,
  { budget, line }: { budget: FailureBudget; line: Line },
): CreatedEngine {
  const { journal, audience, ledger, locks, lookEvery, redact } = ports
  const scope = new Scope(hosts, budget)
  const halt = new Halt(ports.stopping)
  const around = { scope, halt, line, journal, audience, redact }
  const conclusions = new Conclusions(around, (host) => hosts.isKnown(host))
  const expectChangeable = async (asked: readonly string[]) => {
    await hosts.expectFirstWindowOver()
    // Another rollout must not take out hosts of the same pool meanwhile, within the limit of this one or outside.
    await locks.take(
      (hosts.known() ?? asked).filter((host) => !budget.isOut(host)),
      scope.outside,
    )
  }
  const gateway = new JournalledGateway({
    ...ports,
    line,
    beforeChange: async ({ action, agent }, asked) => {
      expectWithin(scope.outside, asked, `${action} of ${agent}`)
      if (executors.isPlanned) throw nothingMayChange(`${action} of ${agent}`)
      if (executors.isProvedAgain && halt.reason === undefined)
        throw onlyProvedAgain(`${action} of ${agent}`, line)
      await expectChangeable(asked)
    },
    expectOwned: () => locks.expectOwned(),
    overhear: (message) => conclusions.addUnsolicited(message),
  })
  const resumption = new Resumption(ports.checkpoint)
  const own = { scope, halt, conclusions, line, resumption, gateway, expectChangeable }
  const executors = new Executors({ ...own, ledger, journal, audience, lookEvery }, ports.planning)
  const step: StepContext = {
    get executor() {
      return executors.inCharge
    },
    expectGoingOn: () => halt.expectGoingOn(),
    stopAt: (reason) => halt.stopAt(reason),
    moving: () => scope.moving(),
    frozen: () => scope.frozen(),
    wholeRollCall: () => scope.wholeRollCall(),
    append: (entry) => journal.append(entry),
    note: (text) => audience.note(text),
  }
  return { step, halt, conclusions, gateway, executors, resumption }
}

/** Refuses a request that changes hosts outside the limit of the run. Only a step of a team's own can be about to send one. */
function expectWithin(outside: readonly string[], asked: readonly string[], what: string): void {
  if (outside.length === 0) return
  const alone = new Set(outside)
  const odd = asked.filter((host) => alone.has(host))
  if (odd.length > 0)
    throw new LockstepError(
      'bad-feature',
      `${what} was about to be sent to ${nameHosts(odd)}, outside the limit of this run; it was not sent. Let the step go by this.rollout.moving()`,
    )
}

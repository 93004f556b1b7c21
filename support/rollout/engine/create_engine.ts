import type { FailureBudget } from '../model/failure_budget'
import type { RolloutPorts } from '../ports'
import { Conclusions } from './conclusions'
import { Executors } from './executors'
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
    await locks.take((hosts.known() ?? asked).filter((host) => !budget.isOut(host)))
  }
  const gateway = new JournalledGateway({
    ...ports,
    line,
    beforeChange: async ({ action, agent }, asked) => {
      if (executors.isPlanned) throw nothingMayChange(`${action} of ${agent}`)
      if (executors.isProvedAgain && halt.reason === undefined)
        throw onlyProvedAgain(`${action} of ${agent}`, line)
      await expectChangeable(asked)
    },
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
    append: (entry) => journal.append(entry),
    note: (text) => audience.note(text),
  }
  return { step, halt, conclusions, gateway, executors, resumption }
}

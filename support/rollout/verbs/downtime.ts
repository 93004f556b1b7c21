import { LockstepError } from '../../system/errors'
import { formatDuration } from '../../system/duration'
import type { PlannableChange } from '../engine/change'
import { lookAt } from '../engine/still_out'
import type { StepContext } from '../engine/step_context'
import type { Answer } from '../model/answers'
import type { Ledger } from '../model/ledger'
import type { HostGateway } from '../model/obligation'
import { byThen } from '../model/planned_state'
import type { Reading } from '../model/reading'
import type { Verdict } from '../model/verdict'
import type { Downtimes } from '../ports'

const BACK_WITHIN_MS = 5 * 60_000
const MIN_DOWNTIME_MS = 60_000
const MAX_DOWNTIME_MS = 7 * 86_400_000

const BEGUN = 'in downtime'
const ENDED = 'not in downtime'

/**
 * The downtimes of hosts in the monitoring systems. A host with one is in the ledger until monitoring is seen to be free of
 * it.
 */
export class Downtime {
  constructor(
    private readonly step: Pick<StepContext, 'executor'>,
    private readonly ledger: Ledger,
    private readonly downtimes: () => Downtimes,
  ) {}

  begin(mostMs: number): Promise<Verdict> {
    if (mostMs < MIN_DOWNTIME_MS || mostMs > MAX_DOWNTIME_MS)
      throw new LockstepError(
        'bad-feature',
        `a downtime of at most ${formatDuration(mostMs)} is not possible; expected ${formatDuration(MIN_DOWNTIME_MS)} to ${formatDuration(MAX_DOWNTIME_MS)}`,
      )
    const downtimes = this.downtimes()
    return this.step.executor.change({
      opens: downtimes,
      isOfTraffic: true,
      order: {
        tell: (hosts, gateway) => downtimes.begin(hosts, mostMs, gateway),
        seen: (answer) => downtimes.read(answer).seen,
      },
      plannable: this.makePlannable(
        downtimes,
        BEGUN,
        `would begin a downtime of at most ${formatDuration(mostMs)}`,
      ),
      repeatable: true,
    })
  }

  /** Ends the downtime of hosts that monitoring sees back. A host that is not seen back keeps it. */
  end({ within = BACK_WITHIN_MS }: { within?: number } = {}): Promise<Verdict> {
    const downtimes = this.downtimes()
    return this.step.executor.change({
      isOfTraffic: true,
      order: {
        tell: (hosts, gateway) => this.endAndClose(downtimes, hosts, within, gateway),
        seen: (answer) => downtimes.read(answer).seen,
      },
      plannable: this.makePlannable(downtimes, ENDED, 'would end the downtime'),
      repeatable: true,
    })
  }

  shouldBe(wanted: 'begun' | 'ended'): Promise<Verdict> {
    const downtimes = this.downtimes()
    return this.step.executor.look({
      request: (hosts, reach) => lookAt({ ledger: this.ledger, reach }, downtimes, hosts),
      read: (answer): Reading => {
        const { isOpen, seen } = downtimes.read(answer)
        return { passed: isNotAsked(answer) || isOpen === (wanted === 'begun'), seen }
      },
      subject: {
        resource: RESOURCE,
        judge: (state) => ({ passed: (state === BEGUN) === (wanted === 'begun'), seen: state }),
      },
    })
  }

  /** Ends downtimes, and strikes from the ledger those that the system has shown to be gone. */
  private async endAndClose(
    downtimes: Downtimes,
    hosts: readonly string[],
    within: number,
    reach: HostGateway,
  ) {
    const answers = await downtimes.end(hosts, within, reach)
    const free = hosts.filter((host) => {
      const answer = answers.outcomes.get(host)
      return answer !== undefined && downtimes.read(answer).isOpen === false
    })
    await this.ledger.close(downtimes.name, free)
    return answers
  }

  private makePlannable(downtimes: Downtimes, to: string, words: string): PlannableChange {
    return {
      resource: RESOURCE,
      ask: (hosts, gateway) => downtimes.look(hosts, gateway),
      plan: (answer, _, expected) => ({ now: byThen(downtimes.read(answer).seen, expected), to }),
      words: () => words,
      affectsOthers: false,
    }
  }
}

const RESOURCE = 'downtime'

/** Returns whether a look was not carried out, since nothing may be changed. */
function isNotAsked(answer: Answer): boolean {
  return answer.kind === 'answered' && answer.data['notAsked'] === true
}

import type { StatusSettings } from '../config/status_setting'
import { DeliveryError } from '../notifications/channel'
import { Backoff } from '../pipeline/backoff'
import { pause, type Clock } from '../system/clock'
import type { CommitStatus } from './commit_status'
import { requestOf, type StatusRequest } from './forms'
import { mostTriesAfter } from './refusals'

const FIRST_PAUSE_MS = 5_000
const MOST_PAUSE_MS = 600_000
/** The one answer that each of the servers gives to a status that it has taken. A proxy, or a page, answers 200. */
const TAKEN = 201
/** Milliseconds that one try may take. */
const TRY_WITHIN_MS = 30_000

export interface StatusTellerParts {
  settings: StatusSettings
  clock: Clock
  /** Resolves with the status of an answer that is no refusal. @throws DeliveryError for a refusal, or where there is no answer */
  post(request: StatusRequest, signal: AbortSignal): Promise<number>
  onTrouble(sentence: string): void
}

/**
 * Tells a server the statuses of commits, one after the other, until it has taken each or has refused it for good. A token
 * that is not right, or a server that is away, keeps all of them waiting: none is lost.
 */
export class StatusTeller {
  constructor(private readonly parts: StatusTellerParts) {}

  /** Resolves once the server has taken a status, or has refused it for good, which is told; or when the signal is aborted. */
  async tell(status: CommitStatus, signal: AbortSignal): Promise<void> {
    const { settings, clock, onTrouble } = this.parts
    const backoff = new Backoff(() => clock.elapsed(), FIRST_PAUSE_MS, MOST_PAUSE_MS)
    const of = `${settings.kind} has no status of ${status.commit} of ${status.repository}`
    for (let refused = 0; ;) {
      const fault = await this.try(status, signal)
      if (fault === undefined || signal.aborted) return
      const why = fault.message.startsWith('its ') ? fault.message : `it ${fault.message}`
      const most = mostTriesAfter(settings.kind, fault)
      if (most !== undefined) refused += 1
      if (most !== undefined && refused >= most) return onTrouble(`${of}: ${why}; this one is given up`)
      const rest = Math.max(backoff.fail(), Math.min(fault.retryAfter ?? 0, MOST_PAUSE_MS))
      onTrouble(`${of}: ${why}; it is told again in ${rest / 1000} s`)
      await pause(clock, rest, signal).catch(() => {})
    }
  }

  /** Returns why the server has not taken a status; undefined once it has, or shows it already. */
  private async try(status: CommitStatus, ended: AbortSignal): Promise<DeliveryError | undefined> {
    const { settings, clock, post } = this.parts
    const late = new AbortController()
    const stop = clock.after(TRY_WITHIN_MS, () => late.abort())
    try {
      const code = await post(requestOf(settings, status), AbortSignal.any([ended, late.signal]))
      return code === TAKEN
        ? undefined
        : new DeliveryError(`answered ${code}, which takes no status; is ${settings.api} its API?`, true)
    } catch (error) {
      if (!(error instanceof DeliveryError)) throw error
      if (late.signal.aborted && error.status === undefined)
        return new DeliveryError(`did not answer within ${TRY_WITHIN_MS / 1000} s`, true)
      return isShown(settings, error) ? undefined : error
    } finally {
      stop()
    }
  }
}

/** GitLab refuses a status that waits where it waits already, in these words. */
function isShown({ kind }: StatusSettings, { status, message }: DeliveryError): boolean {
  return kind === 'gitlab' && status === 400 && message.includes('Cannot transition status via :enqueue')
}

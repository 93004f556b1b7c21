import { MissingExchange } from '../connectors/stomp/missing_exchange'
import { LockstepError } from '../system/errors'

/** The roads that are lost at the moment. */
export class RoadLosses {
  private readonly lost = new Set<string>()
  private readonly waiting = new Set<() => void>()

  /** Returns whether any road is lost. */
  get areAny(): boolean {
    return this.lost.size > 0
  }

  lose(road: string): void {
    this.lost.add(road)
  }

  restore(road: string): void {
    this.lost.delete(road)
    for (const look of this.waiting) look()
  }

  /**
   * Resolves once none of these roads is lost.
   * @throws LockstepError `broker-lost` when `signal` is aborted first
   */
  async areBack(roads: readonly string[], signal: AbortSignal): Promise<void> {
    const away = () => roads.filter((road) => this.lost.has(road))
    if (away().length === 0) return
    await new Promise<void>((resolve, reject) => {
      const end = (settle: () => void) => {
        this.waiting.delete(look)
        signal.removeEventListener('abort', abort)
        settle()
      }
      const look = () => {
        if (away().length === 0) end(resolve)
      }
      const abort = () =>
        end(() =>
          reject(
            new LockstepError('broker-lost', `${nameRoads(away())} was lost and did not come back in time`),
          ),
        )
      this.waiting.add(look)
      signal.addEventListener('abort', abort, { once: true })
      if (signal.aborted) abort()
    })
  }
}

/** Returns an error of a road with the road's name, and of the same kind. */
export function ofRoad(road: string, error: unknown): Error {
  if (!(error instanceof Error)) return new Error(`the road ${road}: ${String(error)}`)
  const message = `the road ${road}: ${error.message}`
  const options = { cause: error }
  if (error instanceof MissingExchange) return new MissingExchange(error.code, message, options)
  if (error instanceof LockstepError) return new LockstepError(error.code, message, options)
  return new Error(message, options)
}

function nameRoads(roads: readonly string[]): string {
  return `the road ${roads.join(' and ')}`
}

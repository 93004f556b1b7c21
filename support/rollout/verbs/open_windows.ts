import { eitherOf } from '../../system/either_of'

/** The windows of discoveries that have ended before them: until they are over, a stranger may still answer. */
export class OpenWindows {
  private readonly open = new Set<Promise<void>>()
  private failure: unknown

  add(window: Promise<void>): void {
    const heardOut: Promise<void> = window
      .catch((error: unknown) => void (this.failure ??= error))
      .finally(() => this.open.delete(heardOut))
    this.open.add(heardOut)
  }

  /**
   * Resolves once all windows are over, or as soon as `signal` is aborted.
   * @throws the reason why a window could not be heard out
   */
  async areOver(signal: AbortSignal): Promise<void> {
    if (this.open.size > 0) await eitherOf(Promise.all(this.open), signal)
    if (this.failure !== undefined) throw this.failure
  }
}

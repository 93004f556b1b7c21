/** How the sharing of a history stands, for those who show what is known. */
export class SharingNow {
  private lastRead: number | undefined
  private why: string | undefined

  /** The last moment at which all that others had shared was read, in milliseconds; undefined before the first one. */
  get readAt(): number | undefined {
    return this.lastRead
  }

  /** Returns why runs of other control hosts may be missing; undefined while none is known to be. */
  get trouble(): string | undefined {
    return this.why
  }

  /** Hears of an attempt to share: why it failed, or undefined, and when it began. */
  hear(trouble: string | undefined, beganAt: number): void {
    this.why = trouble
    if (trouble === undefined) this.lastRead = beganAt
  }
}

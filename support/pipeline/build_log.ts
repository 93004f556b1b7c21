import { closeSync, openSync, writeSync } from 'node:fs'
import { describeUnwritten } from '../system/output'

/** The most bytes of the output of a build that are kept. */
export const MAX_BUILD_OUTPUT = 50 * 1024 * 1024

/** The output of a build as a file, written as it is printed, and cut where it is too long. It never throws. */
export class BuildLog {
  /** The reason why the output is not kept. */
  fault: string | undefined
  private readonly file: number | undefined
  private left: number

  constructor(
    path: string,
    private readonly onFault: () => void,
    private readonly atMost: number = MAX_BUILD_OUTPUT,
  ) {
    this.left = atMost
    try {
      this.file = openSync(path, 'wx', 0o600)
    } catch (error) {
      this.file = undefined
      this.fail(error)
    }
  }

  take(piece: Buffer): void {
    if (this.left <= 0) return
    const kept = piece.subarray(0, this.left)
    this.left -= kept.length
    this.write(kept)
    if (kept.length < piece.length)
      this.write(Buffer.from(`\n[the output has more than ${this.atMost} bytes: what follows is left out]\n`))
  }

  close(): void {
    try {
      if (this.file !== undefined) closeSync(this.file)
    } catch (error) {
      this.fail(error)
    }
  }

  private write(bytes: Buffer): void {
    if (this.file === undefined || this.fault !== undefined) return
    try {
      for (let at = 0; at < bytes.length;) at += writeSync(this.file, bytes, at)
    } catch (error) {
      this.fail(error)
    }
  }

  private fail(error: unknown): void {
    this.fault ??= describeUnwritten(error)
    this.onFault()
  }
}

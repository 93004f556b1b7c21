import { statSync } from 'node:fs'

/** Returns a text that changes whenever a file does; undefined where there is none. */
export function identityOf(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false, bigint: true })
  return stats && [stats.dev, stats.ino, stats.size, stats.mode, stats.mtimeNs, stats.ctimeNs].join(' ')
}

/**
 * The content of a file that is read again when the file has changed. A file that is not right has no content: what it said
 * before counts no longer.
 */
export class FreshFile<T> {
  private known:
    { identity: string | undefined; content: T | undefined; fault: string | undefined } | undefined

  constructor(
    private readonly path: string,
    private readonly read: (path: string) => T,
    private readonly onFault: (sentence: string) => void,
  ) {}

  /** Returns the content; undefined while the file is not right. */
  get content(): T | undefined {
    const identity = this.identity()
    if (this.known !== undefined && this.known.identity === identity) return this.known.content
    const { content, fault } = this.readNow()
    if (fault !== undefined && fault !== this.known?.fault) this.onFault(fault)
    this.known = { identity, content, fault }
    return content
  }

  private identity(): string | undefined {
    try {
      return identityOf(this.path)
    } catch {
      return undefined
    }
  }

  private readNow(): { content: T | undefined; fault: string | undefined } {
    try {
      return { content: this.read(this.path), fault: undefined }
    } catch (error) {
      return { content: undefined, fault: (error as Error).message }
    }
  }
}

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A folder of its own for a test, gone afterwards. */
export class Scratch {
  readonly path = mkdtempSync(join(tmpdir(), 'lockstep-'))

  write(name: string, content: string | Buffer, mode = 0o600): string {
    const path = join(this.path, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
    chmodSync(path, mode)
    return path
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}

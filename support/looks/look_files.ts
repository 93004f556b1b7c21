import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import { makeFolder } from '../system/folders'
import { namesIn } from '../system/regular_file'
import { writeWhole } from '../system/whole_file'
import { lookBegun, lookEnded, type LookBegun, type LookEnded } from './look'

const BEGUN = '.begun.json'
const ENDED = '.ended.json'

/** The looks on disk: a file for the begin of each, written before it, and one for its end. */
export class LookFiles {
  constructor(private readonly state: string) {}

  /** Returns the looks that were begun, the oldest first. A file that was cut off began none. */
  begun(): LookBegun[] {
    return namesIn(this.folder)
      .filter((name) => name.endsWith(BEGUN))
      .sort()
      .flatMap((name) => {
        const read = readShape(join(this.folder, name), lookBegun)
        return read === undefined || `${read.id}${BEGUN}` !== name ? [] : [read]
      })
  }

  /** Returns the end of a look, with its answer; undefined where it has none that can be read. */
  endOf(id: string): LookEnded | undefined {
    return readShape(join(this.folder, `${id}${ENDED}`), lookEnded)
  }

  /** @throws Error of the system */
  begin(look: LookBegun): void {
    makeFolder(this.folder, 0o770)
    writeWhole(join(this.folder, `${look.id}${BEGUN}`), `${JSON.stringify(look)}\n`, 0o660)
  }

  /** @throws Error of the system */
  end(id: string, ended: LookEnded): void {
    writeWhole(join(this.folder, `${id}${ENDED}`), `${JSON.stringify(ended)}\n`, 0o660)
  }

  remove(id: string): void {
    for (const end of [ENDED, BEGUN]) rmSync(join(this.folder, `${id}${end}`), { force: true })
  }

  private get folder(): string {
    return join(this.state, 'console', 'looks')
  }
}

function readShape<S extends v.GenericSchema>(path: string, schema: S): v.InferOutput<S> | undefined {
  try {
    return v.parse(schema, JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    return undefined
  }
}

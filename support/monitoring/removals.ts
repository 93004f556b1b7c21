import { existsSync, readFileSync } from 'node:fs'
import * as v from 'valibot'
import { writeWhole } from '../system/whole_file'
import { MonitoringFault } from './systems/target'

const entry = v.strictObject({
  system: v.string(),
  host: v.string(),
  at: v.number(),
  /** False for a host whose removal a person has confirmed. */
  counts: v.boolean(),
  isTold: v.boolean(),
})
const document = v.strictObject({ removals: v.array(entry) })
type Removal = v.InferOutput<typeof entry>

/** Milliseconds within which removals count together: a fleet that vanishes host by host is one removal of many. */
const COUNTS_FOR_MS = 86_400_000

/**
 * The hosts that were taken out of monitoring systems, in a file that `lockstep serve` and a single look share. A removal
 * is written before it is begun, so none is lost that is cut short.
 */
export class Removals {
  constructor(private readonly path: string) {}

  /** Returns the hosts that have left a system by themselves within a day. @throws MonitoringFault */
  recent(system: string, now: number): readonly string[] {
    return this.read().flatMap((each) =>
      each.system === system && each.counts && isRecent(each, now) ? [each.host] : [],
    )
  }

  /** Returns the hosts whose removal was begun, and not told as done. @throws MonitoringFault */
  untold(system: string): readonly string[] {
    return this.read().flatMap((each) => (each.system === system && !each.isTold ? [each.host] : []))
  }

  /** Writes that a system is about to be told of hosts that have left. @throws MonitoringFault */
  begin(system: string, hosts: readonly string[], { at, counts }: { at: number; counts: boolean }): void {
    const gone = new Set(hosts)
    const others = this.read().filter((each) => each.system !== system || !gone.has(each.host))
    this.write([...others, ...hosts.map((host) => ({ system, host, at, counts, isTold: false }))], at)
  }

  /** Writes that nothing of a system is left to be told. @throws MonitoringFault */
  end(system: string, now: number): void {
    const all = this.read()
    if (all.some((each) => each.system === system && !each.isTold))
      this.write(
        all.map((each) => (each.system === system ? { ...each, isTold: true } : each)),
        now,
      )
  }

  private write(all: readonly Removal[], now: number): void {
    const removals = all.filter((each) => !each.isTold || isRecent(each, now))
    try {
      writeWhole(this.path, `${JSON.stringify({ removals })}\n`, 0o600)
    } catch (error) {
      throw new MonitoringFault(
        `monitoring: removals cannot be written, so none is done: ${(error as Error).message}`,
      )
    }
  }

  private read(): readonly Removal[] {
    if (!existsSync(this.path)) return []
    try {
      return v.parse(document, JSON.parse(readFileSync(this.path, 'utf8'))).removals
    } catch (error) {
      throw new MonitoringFault(
        `monitoring: ${this.path} cannot be read (${(error as Error).message}), so nothing says how many hosts have left; look at what has left, and remove that file`,
      )
    }
  }
}

function isRecent({ at }: Removal, now: number): boolean {
  // A clock that went back makes no removal an old one.
  return now - at < COUNTS_FOR_MS
}

import { statSync } from 'node:fs'
import type { RecordedEvent } from '../../run/events'
import { PUT_BACK } from '../../rollout/model/out_of_rotation'
import { eventReader, faultOf } from '../../run/journals'
import { RunState } from '../../run/run_state'
import { JournalTail } from '../../system/journal_reading'
import type { Standing } from './run_process'

/** The most bytes of a journal that are read before others have their turn. */
const MAX_BYTES = 512 * 1024

type Asked = Extract<RecordedEvent, { type: 'asked' }>

/**
 * How far a run has come: `under way`; `ended`, by its own word; `gone`: its process is, and its journal has no end;
 * `unknown`: it began on another machine, or has not said where; `broken`: its journal does not tell everything.
 */
export type Course = 'under way' | 'ended' | 'gone' | 'unknown' | 'broken'

/** A run as its journal has told it so far. */
export interface RunView {
  state: RunState
  course: Course
  /** The requests that hosts were sent and that have not come to their end. */
  asked: readonly Asked[]
  /** The sentence that says why the journal does not tell everything. */
  fault: string | undefined
  /** The hosts that were seen to be back, where the run does nothing but put hosts back. */
  putBack: ReadonlySet<string> | undefined
}

/**
 * A run that is read while its process may still write. Only whole lines count. An end counts once nothing stands
 * behind it that is not read, and a run whose process is gone has not ended.
 */
export class FollowedRun {
  /** The first event, which names the run. */
  private first: RecordedEvent | undefined
  private state = new RunState()
  private tail: JournalTail<RecordedEvent>
  private last: RecordedEvent[] = []
  private asked = new Map<string, Asked>()
  private putBack: Set<string> | undefined
  private pid: number | undefined
  private rolloutsEnded = false
  private course: Course = 'under way'
  private fault: string | undefined
  private file: { ino: number; dev: number } | undefined
  private size = 0
  /** The bytes that the journal had when the run was taken for closed. */
  private closedAt = 0

  /**
   * `path` is that of the journal, `name` the one that people are told, and `run` the run that it has to be of.
   */
  constructor(
    private readonly path: string,
    private readonly name: string,
    private readonly run: string,
  ) {
    this.tail = new JournalTail(path, eventReader())
  }

  get view(): RunView {
    return {
      state: this.state,
      course: this.course,
      asked: this.isClosed ? [] : [...this.asked.values()],
      fault: this.fault,
      putBack: this.putBack,
    }
  }

  /** The bytes of the journal that the view has. */
  get offset(): number {
    return this.tail.offset
  }

  /** True where nothing more is expected to come. */
  get isClosed(): boolean {
    return this.course === 'ended' || this.course === 'gone' || this.course === 'broken'
  }

  /** The path of the journal. */
  get journal(): string {
    return this.path
  }

  /** True once its rollouts are over, and nothing more of them can be stopped. */
  get isEnding(): boolean {
    return this.rolloutsEnded || this.hasSaidItsEnd || this.isClosed
  }

  /** True once the run has said its end. */
  get hasSaidItsEnd(): boolean {
    return this.last.length > 0
  }

  /** The facts by which the process of the run is found. */
  get process(): { run: string; by: string; pid: number | undefined; beganAt: number } {
    return { run: this.run, by: this.state.by, pid: this.pid, beganAt: this.state.beganAt }
  }

  /** Reads some of what is new. Returns whether that was anything. */
  read(atMost = MAX_BYTES): boolean {
    if (this.course === 'broken') return false
    const before = this.offset
    const trouble = this.look()
    if (trouble !== undefined) return this.break(trouble)
    if (this.size === (this.isClosed ? this.closedAt : before)) return false
    // A run that was taken for closed goes on: it is read anew, since a closed state takes nothing more.
    if (this.isClosed) this.begin()
    try {
      const { entries, fault } = this.tail.readNew(atMost)
      for (const event of entries) this.hear(event)
      if (fault !== undefined) return this.break(faultOf({ path: this.name, fault }) ?? '')
      if (this.first !== undefined && !this.isOfRun(this.first))
        return this.break(`the journal ${this.name} does not say that it is of run ${this.run}`)
    } catch (error) {
      return this.break(`the journal ${this.name} cannot be read: ${(error as Error).message}`)
    }
    return this.offset !== before
  }

  /** True where the journal has more than was read, be it half a line. */
  get hasRest(): boolean {
    return this.offset < this.size
  }

  /** Takes the end that the run has said for its end: nothing is missing behind it. */
  end(): void {
    for (const event of this.last.splice(0)) this.state.apply(event)
    this.close('ended')
  }

  /** Takes in what is known of the process of a run that has not said its end. Returns whether it is news. */
  judge(standing: Standing): boolean {
    if (standing === 'gone') {
      // What stands behind an end that is followed by half a line may have said otherwise.
      for (const event of this.last.splice(0)) if (event.type !== 'ended') this.state.apply(event)
      this.close('gone')
      return true
    }
    const course = standing === 'alive' ? 'under way' : 'unknown'
    const isNew = course !== this.course
    this.course = course
    return isNew
  }

  private close(course: Course): void {
    this.state.closeUnended()
    this.closedAt = this.size
    this.course = course
  }

  private break(fault: string): true {
    this.fault = fault
    this.course = 'broken'
    return true
  }

  private begin(): void {
    this.state = new RunState()
    this.tail = new JournalTail(this.path, eventReader())
    this.last = []
    this.asked = new Map()
    this.putBack = undefined
    this.rolloutsEnded = false
    this.course = 'under way'
  }

  /** Looks at the file. Returns the sentence for one that is not the one that was read. */
  private look(): string | undefined {
    try {
      const { ino, dev, size } = statSync(this.path)
      this.file ??= { ino, dev }
      this.size = size
      if (ino !== this.file.ino || dev !== this.file.dev)
        return `somebody replaced the journal ${this.name} while it was read; load the page again`
      if (size < this.offset)
        return `somebody shortened the journal ${this.name}: it has ${size} bytes where ${this.offset} were read`
      return undefined
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ENOENT'
        ? `the journal ${this.name} is not there any more`
        : `the journal ${this.name} cannot be read: ${(error as Error).message}`
    }
  }

  private hear(event: RecordedEvent): void {
    this.first ??= event
    if (event.type === 'run') this.pid = event.pid
    if (event.type === 'rollouts ended') this.rolloutsEnded = true
    if (event.type === 'run' && event.feature === PUT_BACK) this.putBack = new Set()
    if (event.type === 'closed') for (const host of event.hosts) this.putBack?.add(host)
    if (event.type === 'asked') this.asked.set(event.requestId, event)
    if (event.type === 'answered') this.asked.delete(event.requestId)
    if (event.type === 'ended' || this.last.length > 0) this.last.push(event)
    else this.state.apply(event)
  }

  private isOfRun(first: RecordedEvent): boolean {
    return first.type === 'read' && first.run === this.run
  }
}

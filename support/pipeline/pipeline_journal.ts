import { existsSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import { APPROVALS } from '../config/after_success_setting'
import { JournalFile } from '../system/journal_file'
import { LockstepError } from '../system/errors'
import { namesIn } from '../system/regular_file'
import { JournalTail, readJournals, type EntryReader, type JournalRead } from '../system/journal_reading'
import { REPORTED } from './ci_report'
import {
  BUILD_RESULTS,
  CIS_ELSEWHERE,
  PIPELINE_EVENTS_VERSION,
  TELLERS,
  type PipelineEvent,
  type RecordedPipelineEvent,
} from './events'

const text = v.string()
const orNull = v.nullable(text)
const change = v.object({ ref: text, before: orNull, after: orNull })
const target = { repository: text, environment: text, commit: text, tag: text }
const elsewhere = v.object({ ci: v.picklist(CIS_ELSEWHERE), build: text, url: orNull })
const hosts = v.object({ text, count: v.number() })
const refresh = { repository: text, environment: text, announcement: text }
const missing = v.array(v.object({ why: text, hosts }))
const result = { result: v.picklist(BUILD_RESULTS), why: orNull }

const SHAPES = {
  'push taken': v.object({
    delivery: text,
    repository: text,
    teller: v.picklist(TELLERS),
    by: orNull,
    changes: v.array(change),
  }),
  'commit seen': v.object({
    delivery: text,
    repository: text,
    ref: text,
    after: text,
    commit: text,
    isToBuild: v.boolean(),
  }),
  'change passed over': v.object({ delivery: text, ref: text, after: orNull, why: text }),
  'commit gone': v.object({ repository: text, commit: text, why: text }),
  'build asked for': v.object({ repository: text, commit: text, by: orNull }),
  'build begun': v.object({
    build: text,
    repository: text,
    commit: text,
    kind: v.optional(v.literal('runners')),
    order: v.optional(text),
    elsewhere: v.optional(elsewhere),
    report: v.optional(text),
  }),
  'build ordered': v.object({ build: text, key: text }),
  'order lost': v.object({ build: text, why: text }),
  'build taken': v.object({ build: text, runner: text }),
  'build ended': v.object({
    build: text,
    result: v.picklist(BUILD_RESULTS),
    why: orNull,
    seconds: v.nullable(v.number()),
    runner: v.optional(text),
    report: v.optional(text),
    reportedAt: v.optional(text),
  }),
  'build located': v.object({
    build: text,
    queueItem: v.nullable(v.number()),
    number: v.nullable(v.number()),
    url: orNull,
  }),
  'report taken': v.object({
    report: text,
    repository: text,
    commit: text,
    build: text,
    state: v.picklist(REPORTED),
    reportedAt: text,
    url: orNull,
  }),
  'report passed over': v.object({ report: text, repository: text, commit: text, why: text }),
  'fetch begun': v.object(target),
  'hosts have fetched': v.object({ ...target, has: hosts, missing }),
  'packages announced': v.object({
    announcement: text,
    repository: text,
    by: orNull,
    packages: v.array(v.object({ name: text, version: orNull })),
    packageCount: v.number(),
  }),
  'refresh begun': v.object(refresh),
  'hosts have refreshed': v.object({ ...refresh, has: hosts, missing }),
  'plan asked for': v.object({ repository: text, environment: text, by: orNull }),
  'plan begun': v.object({
    ...target,
    run: text,
    feature: text,
    code: text,
    approval: v.picklist(APPROVALS),
  }),
  'plan ended': v.object({ ...target, ...result, run: text, plan: orNull, hosts, changes: v.number() }),
  'plan approved': v.object({
    ...target,
    run: text,
    plan: text,
    by: orNull,
    groups: v.exactOptional(v.array(text)),
  }),
  'approval ended': v.object({ ...target, run: text, plan: text, why: text }),
  'rollout begun': v.object({ ...target, run: text, planRun: text, plan: text, machine: text }),
  'rollout ended': v.object({ ...target, ...result, run: text, verdict: orNull, by: v.optional(text) }),
} as const satisfies Record<PipelineEvent['type'], v.GenericSchema>

/** The events in the journals of a pipeline, and a sentence for each that does not tell everything. */
export interface PipelineRead {
  events: RecordedPipelineEvent[]
  faults: string[]
}

/** Returns the folder of the journals below the folder of the state. */
export function pipelineJournalsIn(state: string): string {
  return join(state, 'pipeline', 'journals')
}

/**
 * Opens the next journal, which one process of `lockstep serve` writes. No other process writes one while it lives, so
 * the numbers in the names order all events, also when clocks jump.
 */
export function openPipelineJournal(state: string, now: () => number): PipelineJournal {
  const folder = pipelineJournalsIn(state)
  const next = Math.max(0, ...pipelineJournalNumbers(folder)) + 1
  return new PipelineJournal(new JournalFile(folder, nameJournal(next), now), next)
}

/** Returns the numbers of the journals in a folder, which order them. */
export function pipelineJournalNumbers(folder: string): number[] {
  return existsSync(folder)
    ? namesIn(folder)
        .flatMap(numberOf)
        .sort((a, b) => a - b)
    : []
}

/** Returns the name of a journal without its ending. */
export function nameJournal(number: number): string {
  return `serve-${String(number).padStart(NUMBER_DIGITS, '0')}`
}

const NUMBER_DIGITS = 9

function numberOf(name: string): number[] {
  const [, digits] = /^serve-(\d+)\./.exec(name) ?? []
  return digits === undefined ? [] : [Number(digits)]
}

/** The journal of one process. An event is on disk before `append` resolves. */
export class PipelineJournal {
  private isBegun = false

  constructor(
    private readonly file: JournalFile,
    /** Its place among the journals. */
    readonly number: number,
  ) {}

  /** @throws LockstepError `journal-failed`; the event may then not be there, and nothing may be done that needs it */
  async append(event: PipelineEvent): Promise<void> {
    if (!this.isBegun) this.file.put({ type: 'pipeline', version: PIPELINE_EVENTS_VERSION })
    this.isBegun = true
    await this.file.append(event)
  }

  close(): Promise<void> {
    return this.file.close()
  }
}

/**
 * Reads all journals of a pipeline, the events in the order in which they were written.
 * @throws LockstepError `journal-failed` when the folder cannot be listed
 */
export function readPipeline(state: string): PipelineRead {
  const events: RecordedPipelineEvent[] = []
  return { faults: eachPipelineEvent(state, (event) => events.push(event)), events }
}

/** Follows the journals of a pipeline, those of later processes of `lockstep serve` too. */
export class PipelineTail {
  private readonly tails = new Map<string, JournalTail<RecordedPipelineEvent>>()

  constructor(private readonly state: string) {}

  /**
   * Returns the events since the last call, in the order in which they were written, and each fault once.
   * @throws LockstepError `journal-failed` when the folder cannot be listed
   */
  readNew(): PipelineRead {
    const folder = pipelineJournalsIn(this.state)
    const read: PipelineRead = { events: [], faults: [] }
    for (const name of journalNamesIn(folder)) {
      const path = join(folder, name)
      const tail = this.tails.get(path) ?? new JournalTail(path, readEvent)
      this.tails.set(path, tail)
      try {
        const { entries, fault } = tail.readNew()
        read.events.push(...entries)
        if (fault !== undefined) read.faults.push(`the journal ${path} ${fault.what}`)
      } catch (error) {
        // The first line of a journal may never have come; it is removed then, and its name used again.
        this.tails.delete(path)
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw unreadable(path, error as Error)
      }
    }
    return read
  }
}

function journalNamesIn(folder: string): string[] {
  if (!existsSync(folder)) return []
  try {
    return namesIn(folder)
      .filter((name) => numberOf(name).length > 0)
      .sort()
  } catch (error) {
    throw unreadable(folder, error as Error)
  }
}

function unreadable(path: string, cause: Error): LockstepError {
  return new LockstepError('journal-failed', `${path} cannot be read: ${cause.message}`, { cause })
}

/**
 * Calls for each event of all journals, in the order in which they were written, and keeps none. Returns a sentence for
 * each journal that does not tell everything.
 * @throws LockstepError `journal-failed` when the folder cannot be listed
 */
export function eachPipelineEvent(state: string, take: (event: RecordedPipelineEvent) => void): string[] {
  const reader = (value: Record<string, unknown>) => {
    const read = readEvent(value)
    if ('fault' in read) return read
    if (read.entry !== undefined) take(read.entry)
    return { entry: undefined }
  }
  return readJournals<RecordedPipelineEvent>(pipelineJournalsIn(state), () => reader).flatMap(faultOf)
}

/** Reads one entry of a journal; undefined for one that is no event. */
export function readEvent(value: Record<string, unknown>): ReturnType<EntryReader<RecordedPipelineEvent>> {
  const { type, at } = value
  if (type === 'pipeline')
    return value['version'] === PIPELINE_EVENTS_VERSION
      ? { entry: undefined }
      : { fault: `is of version ${JSON.stringify(value['version'])}; expected ${PIPELINE_EVENTS_VERSION}` }
  if (typeof type !== 'string' || !Object.hasOwn(SHAPES, type) || typeof at !== 'string')
    return { fault: `has an entry ${JSON.stringify(type)} that is not known` }
  return v.is(SHAPES[type as keyof typeof SHAPES], value)
    ? { entry: value as RecordedPipelineEvent }
    : { fault: `has an entry ${JSON.stringify(type)} that is not whole` }
}

/** A journal that a kill has cut off lacks nothing that somebody was told; any other fault counts. */
function faultOf({ path, fault }: JournalRead<RecordedPipelineEvent>): string[] {
  return fault === undefined || fault.kind === 'cut off' ? [] : [`the journal ${path} ${fault.what}`]
}

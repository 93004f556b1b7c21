import type { CommandRunner } from '../../../system/command'
import type { HostFiles } from '../../../system/host_files'
import { exchangeText } from '../exchange_text'

/**
 * A switch to a commit, on disk before it begins: `begun`, then `switched` once the link leads there, and `whole` once
 * the post script has succeeded.
 */
export interface Switch {
  commit: string
  tag: string
  stage: 'begun' | 'switched' | 'whole'
  /** Seconds since 1970. */
  at: number
}

export interface DeployRecord {
  /** The switches, the last one at the end. */
  switches: readonly Switch[]
  fetchedAt: number | undefined
}

/** A record of what a daemon has done to a repository, in the daemon's own folder, over restarts. */
export interface SwitchRecord {
  read(): Promise<DeployRecord>
  /** Puts another record in the place of the one that is there. Resolves once it is on disk. */
  change(edit: (record: DeployRecord) => DeployRecord): Promise<void>
}

const MAX_SWITCHES = 50
const MAX_RECORD_BYTES = 1024 * 1024
/** The most changes by others that one change gives way to. */
const MAX_TRIES = 20
const NONE: DeployRecord = { switches: [], fetchedAt: undefined }
const STAGES: readonly unknown[] = ['begun', 'switched', 'whole']

/** Returns the record in a file of the host. */
export function switchRecord(path: string, run: CommandRunner, files: HostFiles): SwitchRecord {
  const read = async () => {
    const text = (await files.read(path, MAX_RECORD_BYTES))?.toString('utf8')
    return { text, record: text === undefined ? NONE : parseRecord(path, text) }
  }
  return {
    read: async () => (await read()).record,
    async change(edit) {
      for (let tries = 0; tries < MAX_TRIES; tries += 1) {
        const { text, record } = await read()
        const { switches, fetchedAt } = edit(record)
        const next = { switches: switches.slice(-MAX_SWITCHES), fetchedAt: fetchedAt ?? null }
        if (
          await exchangeText(
            run,
            { called: 'the record of deploys', path },
            text,
            `${JSON.stringify(next)}\n`,
          )
        )
          return
      }
      throw new Error(`the record of deploys, ${path}, is changed by others all the time`)
    },
  }
}

/** The record’s word on the commit that the link leads to. */
export interface Standing {
  tag: string | undefined
  whole: boolean
  /** The commit that was served before; undefined where it is not known. */
  before: string | undefined
  problem: string | undefined
}

/**
 * Judges the commit that is served by the switches on record. A switch that was begun may never have happened, so the
 * one before it counts where the link still leads there. Any other link was set by something else than a deploy.
 */
export function judgeServed(commit: string, switches: readonly Switch[]): Standing {
  const last = switches.at(-1)
  const settled = last?.stage === 'begun' && last.commit !== commit ? switches.slice(0, -1) : switches
  const own = settled.at(-1)
  const before = settled.findLast((each) => each.stage !== 'begun' && each.commit !== commit)?.commit
  if (own?.commit !== commit)
    return {
      tag: undefined,
      whole: false,
      before,
      problem: `the link was set to ${commit} by something else than a deploy`,
    }
  const unfinished =
    own.stage === 'whole'
      ? undefined
      : `the deploy of ${own.tag} did not come to its end: its post script is not known to have succeeded`
  return { tag: own.tag, whole: own.stage === 'whole', before, problem: unfinished }
}

/** @throws Error for a file that is no record: what was done to the host is not known then */
function parseRecord(path: string, text: string): DeployRecord {
  let found: unknown
  try {
    found = JSON.parse(text)
  } catch {
    // The error is thrown below.
  }
  const record = (typeof found === 'object' ? found : null) as Partial<Record<string, unknown>> | null
  const switches = record?.['switches']
  const fetchedAt = record?.['fetchedAt'] ?? undefined
  if (
    !Array.isArray(switches) ||
    !switches.every(isSwitch) ||
    (fetchedAt !== undefined && typeof fetchedAt !== 'number')
  )
    throw new Error(`the record of deploys cannot be read; look at ${path}, and remove it if no deploy runs`)
  return { switches, fetchedAt }
}

function isSwitch(value: unknown): value is Switch {
  const found = (typeof value === 'object' ? value : null) as Partial<Switch> | null
  return (
    typeof found?.commit === 'string' &&
    typeof found.tag === 'string' &&
    typeof found.at === 'number' &&
    STAGES.includes(found.stage)
  )
}

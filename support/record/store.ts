import { copyFileSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { driftOf, type Change, type RunRecord } from './record'

/** What is kept beside a run's record, so that it can be held against the fleet later. */
export interface Evidence {
  /** The text that was run. */
  feature: string
  /** The path of its journal. */
  journal: string
}

/**
 * The record of what changed: `<environment>/<release>/runs` has a file for each run, which no other run writes; what is
 * there of hosts, releases and tickets is made from those.
 */
export class RecordStore {
  constructor(private readonly root: string) {}

  /** Resolves with the record as it was written, drift among it. @throws Error when it cannot be written */
  write(record: Omit<RunRecord, 'drift'>, { feature, journal }: Evidence): RunRecord {
    const { environment, release, run } = record
    const whole = { ...record, drift: driftOf(record, this.runsOf(environment, release)) }
    const runs = this.at(environment, release, 'runs')
    mkdirSync(runs, { recursive: true })
    writeFileSync(join(runs, `${run}.feature`), feature)
    copyFileSync(journal, join(runs, `${run}.journal.ndjson`))
    writeJson(join(runs, `${run}.json`), whole)
    this.writeHosts(whole)
    this.writeTickets(whole)
    writeJson(this.at(environment, release, 'index.json'), this.indexOf(environment, release))
    return whole
  }

  /** All runs of a release, oldest first. */
  runsOf(environment: string, release: string): RunRecord[] {
    const runs = this.at(environment, release, 'runs')
    return namesIn(runs)
      .filter((name) => name.endsWith('.json'))
      .sort()
      .flatMap((name) => readJson(join(runs, name)))
  }

  /** Releases that anything is known of, those of which something was heard last at the end. */
  releasesOf(environment: string): string[] {
    const latest = namesIn(this.at(environment)).map((name) => {
      const runs = this.runsOf(environment, name)
      return {
        release: runs[0]?.release,
        last:
          runs
            .map(({ ended }) => ended)
            .sort()
            .at(-1) ?? '',
      }
    })
    return latest
      .sort((a, b) => (a.last < b.last ? -1 : 1))
      .flatMap(({ release }) => (release === undefined ? [] : [release]))
  }

  environments(): string[] {
    return namesIn(this.root).flatMap((folder) => {
      const [release] = namesIn(join(this.root, folder))
      const [first] = release === undefined ? [] : this.runsOf(folder, release)
      return first === undefined ? [] : [first.environment]
    })
  }

  /** Where the text and the journal of a recorded run are. */
  evidenceOf({ environment, release, run }: Pick<RunRecord, 'environment' | 'release' | 'run'>): Evidence {
    const runs = this.at(environment, release, 'runs')
    return { feature: join(runs, `${run}.feature`), journal: join(runs, `${run}.journal.ndjson`) }
  }

  private indexOf(environment: string, release: string) {
    const runs = this.runsOf(environment, release).map(({ changes, ...run }) => ({
      ...run,
      changed: [...new Set(changes.filter(({ holds }) => !holds).map(({ host }) => host))].sort(),
    }))
    return {
      environment,
      release,
      tickets: [...new Set(runs.flatMap(({ tickets }) => tickets))].sort(),
      runs,
    }
  }

  private writeHosts({
    environment,
    release,
    mode,
    run,
    by,
    began,
    tickets,
    outcome,
    changes,
    feature,
  }: RunRecord): void {
    const byHost = new Map<string, Omit<Change, 'host'>[]>()
    for (const { host, ...change } of changes) byHost.set(host, [...(byHost.get(host) ?? []), change])
    mkdirSync(this.at(environment, release, mode), { recursive: true })
    for (const [host, own] of byHost) {
      const path = this.at(environment, release, mode, `${safe(host)}.json`)
      const before = readHost(path).filter((each) => each.run !== run)
      const runs = [...before, { run, at: began, by, tickets, feature, outcome, changes: own }]
      writeJson(path, { host, environment, release, mode, runs })
    }
  }

  /** From a ticket to the runs that were made for it; each run's record names its tickets. */
  private writeTickets({
    environment,
    release,
    run,
    mode,
    feature,
    began,
    outcome,
    tickets,
  }: RunRecord): void {
    for (const ticket of tickets) {
      const folder = join(this.root, 'tickets', safe(ticket))
      mkdirSync(folder, { recursive: true })
      writeJson(join(folder, `${run}.json`), {
        ticket,
        environment,
        release,
        run,
        mode,
        feature,
        began,
        outcome,
      })
    }
  }

  private at(environment: string, ...rest: string[]): string {
    const [release, ...more] = rest
    return join(this.root, safe(environment), ...(release === undefined ? [] : [safe(release)]), ...more)
  }
}

/** A name as a part of a path. */
export function safe(name: string): string {
  const plain = name.replace(/[^\w.+-]+/g, '_').slice(0, 120)
  return /^\.*$/.test(plain) ? `_${plain}` : plain
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** A record that cannot be read is none: who wrote it says so, and its run's journal has it all. */
function readJson(path: string): RunRecord[] {
  try {
    return [JSON.parse(readFileSync(path, 'utf8')) as RunRecord]
  } catch {
    return []
  }
}

function readHost(path: string): { run: string }[] {
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as { runs: { run: string }[] }).runs
  } catch {
    return []
  }
}

function writeJson(path: string, value: object): void {
  writeFileSync(`${path}.new`, `${JSON.stringify(value, null, 2)}\n`)
  renameSync(`${path}.new`, path)
}

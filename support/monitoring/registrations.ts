import { existsSync, readFileSync } from 'node:fs'
import * as v from 'valibot'
import { writeWhole } from '../system/whole_file'
import type { RegisteredHost } from './registration_message'

const entry = v.strictObject({
  host: v.string(),
  at: v.number(),
  checks: v.nullable(v.array(v.string())),
})
const document = v.strictObject({ registrations: v.array(entry) })

/** The most hosts whose registrations are kept: who can sign messages can make up names. */
const MAX_KEPT = 20_000
/** Milliseconds after which a host that is in no inventory counts as one that registers no more. */
const FORGOTTEN_AFTER_MS = 3_600_000

/** The last registration of each host, by its name in small letters, kept over restarts: a host that is silent keeps its checks. */
export class Registrations {
  private readonly byHost = new Map<string, { at: number; checks: readonly string[] | undefined }>()
  private isWritten = true
  /** The reason why earlier registrations are not known, as a sentence; undefined where they are. */
  readonly fault: string | undefined

  constructor(private readonly path: string) {
    this.fault = this.load()
  }

  /** Takes a registration; returns true where it tells something new: another host, or other checks. */
  take({ name: written, checks }: RegisteredHost, at: number): boolean {
    const name = written.toLowerCase()
    const before = this.byHost.get(name)
    if (before === undefined && this.byHost.size >= MAX_KEPT) return false
    const told = checks ?? before?.checks
    this.byHost.set(name, { at, checks: told })
    this.isWritten = false
    return before === undefined || JSON.stringify(before.checks) !== JSON.stringify(told)
  }

  /** Returns the checks that a host has told; undefined for one that never did. */
  checksOf(host: string): readonly string[] | undefined {
    return this.byHost.get(host.toLowerCase())?.checks
  }

  /**
   * Returns the hosts that register and are not listed, by their names in small letters. One that has not registered for an
   * hour is forgotten: it has left.
   */
  notIn(listed: ReadonlySet<string>, now: number): readonly string[] {
    const others = [...this.byHost].filter(([host]) => !listed.has(host))
    for (const [host, { at }] of others)
      if (now - at > FORGOTTEN_AFTER_MS && this.byHost.delete(host)) this.isWritten = false
    return others.flatMap(([host]) => (this.byHost.has(host) ? [host] : [])).sort()
  }

  /** Writes what is new. @throws Error when it cannot be written */
  save(): void {
    if (this.isWritten) return
    const registrations = [...this.byHost].map(([host, { at, checks }]) => ({
      host,
      at,
      checks: checks ?? null,
    }))
    writeWhole(this.path, `${JSON.stringify({ registrations })}\n`, 0o600)
    this.isWritten = true
  }

  private load(): string | undefined {
    if (!existsSync(this.path)) return undefined
    try {
      for (const { host, at, checks } of v.parse(document, JSON.parse(readFileSync(this.path, 'utf8')))
        .registrations)
        this.byHost.set(host, { at, checks: checks ?? undefined })
      return undefined
    } catch (error) {
      return `${this.path} cannot be read (${(error as Error).message}); hosts keep the checks that monitoring has, until they register again`
    }
  }
}

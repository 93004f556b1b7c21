export interface PuppetStatus {
  enabled: boolean
  applying: boolean
  daemon: boolean
  /** Seconds since 1970; 0 when there was no run yet. */
  lastrun: number
  disable_message: string
}

/** The report of the last run, as far as its file tells it. */
export type PuppetReport = { found: 'none' } | { found: 'unreadable'; problem: string } | WholeReport

export interface WholeReport {
  found: 'whole'
  /** The name that the run was ordered under; empty for a run of puppet's own accord. */
  run: string
  transaction: string
  /** The moment when the run began, by the host's clock, in ISO 8601. */
  began: string
  config_version: string
  environment: string
  noop: boolean
  status: string
  /** False for a run that had no catalog, or was ended before it had applied all of it. */
  completed: boolean
  /** `not_used`, unless the catalog was one that the host had kept. */
  catalog: string
  total: number
  failed: string[]
  failed_count: number
  failed_to_restart: string[]
  failed_to_restart_count: number
  /** Resources that were not looked at: by tags, by a schedule, or because another failed. */
  skipped: string[]
  skipped_count: number
  /** Resources that a run in noop has changed, or that another run has left in noop: the code says so of them. */
  against_noop: string[]
  against_noop_count: number
  /** The first changes that were made, or would be; `changes_count` counts all of them. */
  changes: { resource: string; change: string }[]
  changes_count: number
}

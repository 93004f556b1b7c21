import type { BuildResult } from './events'

/** The order of a build, as it goes to runners. */
export interface RunnerOrder {
  /** The id of the build. It is of this one attempt: a commit that is tested again has another one. */
  build: string
  repository: string
  commit: string
  /** A ref that the commit was pushed to. */
  ref: string
  /** The address of the repository without its password. A runner fetches from that of its own configuration alone. */
  url: string
  command: readonly string[]
  /** Milliseconds that the command may take. */
  within: number
}

/** The words of a runner on a build. */
export type RunnerReport = Pick<RunnerOrder, 'build' | 'repository' | 'commit'> &
  (
    | { event: 'taken' }
    /** The order is off its queue and was dropped: this runner does not believe the key that signed it. */
    | { event: 'dropped' }
    | {
        event: 'ended'
        result: BuildResult
        why: string | null
        /** True where the repository does not have the commit any more. */
        isGone: boolean
        seconds: number
        output: ReportedOutput
      }
  )

/** The output of a build: its end, and where all of it is. */
export interface ReportedOutput {
  end: Buffer
  /** The bytes of all of it. */
  bytes: number
  /** The path of the file on the runner. */
  path: string
}

/** A repository as the host's own configuration has it. Nothing of it comes from a message. */
export interface RepositorySettings {
  name: string
  url: string
  /** The folder of the repository, its releases and the link `current`; an absolute path. */
  folder: string
  /** The user to whom the files belong, and as whom git and the scripts run. */
  user: string
  /** Scripts: absolute paths, or paths within the release; undefined for none. */
  pre: string | undefined
  post: string | undefined
  /** The number of releases that are kept, the one that is served among them. */
  keep: number
  /** Milliseconds that each script may take. */
  within: number
}

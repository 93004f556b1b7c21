import { randomBytes } from 'node:crypto'
import type { RepositorySettings } from '../config/pipeline_setting'

/** The secrets that other CIs sign their reports with, by repository. */
export class ReportSecrets {
  private readonly known: ReadonlyMap<string, string>
  private readonly decoy = randomBytes(32).toString('hex')

  constructor(repositories: readonly RepositorySettings[]) {
    this.known = new Map(
      repositories.flatMap(({ name, build }) => (build?.kind === 'reports' ? [[name, build.secret]] : [])),
    )
  }

  /** All of them, which nothing may show. */
  get secrets(): string[] {
    return [...this.known.values()]
  }

  /** Returns the secret of a repository. One without reports gets a secret that is not known to anybody. */
  of(repository: string): string {
    return this.known.get(repository) ?? this.decoy
  }
}

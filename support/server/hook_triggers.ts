import { randomBytes } from 'node:crypto'
import type { RepositorySettings } from '../config/pipeline_setting'
import type { WebTeller, WebTrigger } from './tellers/tellers'

/** The triggers that are told over HTTP, by repository and kind. */
export class HookTriggers {
  private readonly known: ReadonlyMap<string, WebTrigger>
  private readonly decoy = randomBytes(32).toString('hex')

  constructor(repositories: readonly RepositorySettings[]) {
    this.known = new Map(
      repositories.flatMap(({ name, triggers }) =>
        triggers.flatMap((trigger): [string, WebTrigger][] =>
          trigger.kind === 'hook' ? [] : [[pathOf(name, trigger.kind), trigger]],
        ),
      ),
    )
  }

  /** The paths at which a push can be told. */
  get paths(): string[] {
    return [...this.known.keys()]
  }

  /** The secrets of all of them, which nothing may show. */
  get secrets(): string[] {
    return [...this.known.values()].flatMap((trigger) =>
      trigger.kind === 'gitlab' ? [trigger.token ?? '', trigger.signingKey ?? ''] : [trigger.secret],
    )
  }

  /**
   * Returns the trigger of a path. A path that is none gets one whose secret is not known to anybody: it is refused by the
   * same work and the same words, so that no stranger learns which repositories there are.
   */
  of(repository: string, kind: WebTeller): WebTrigger {
    const decoy: WebTrigger =
      kind === 'gitlab' ? { kind, token: this.decoy, signingKey: this.decoy } : { kind, secret: this.decoy }
    return this.known.get(pathOf(repository, kind)) ?? decoy
  }
}

function pathOf(repository: string, kind: WebTeller): string {
  return `/hooks/${repository}/${kind}`
}

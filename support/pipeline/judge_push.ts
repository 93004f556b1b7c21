import type { RepositorySettings } from '../config/pipeline_setting'
import type { Clock } from '../system/clock'
import { excerpt } from '../system/redaction'
import { Backoff } from './backoff'
import type { RecordedChange } from './events'
import type { CommitSource, Located } from './mirror'
import type { Delivery } from './pipeline_state'
import { parseCommitId } from './push'
import type { PipelineLog } from './receive'
import { isWanted, nameRef } from './ref_globs'
import { isRefName } from './ref_name'

const AWAY_FIRST_MS = 1_000
const AWAY_MOST_MS = 60_000
/** A server of several machines may tell of a push before all of them show it: a "no" is believed the second time. */
const BELIEVE_AFTER_MS = 20_000
const MAX_SHOWN_REF = 80

export interface PushJudgeParts {
  repository: RepositorySettings
  source: CommitSource
  log: PipelineLog
  clock: Clock
  /** Tells an operator why a repository cannot be asked, and how many milliseconds later it is asked again. */
  onAway(repository: string, why: string, pauseMs: number): void
}

/**
 * Decides what becomes of each change that was told of one repository. A change is a claim: the repository itself is asked
 * before anything is believed. No change is given up because a server is away.
 */
export class PushJudge {
  private readonly server: Backoff
  /** The moments from which on a "no" of the repository is believed. */
  private readonly doubts = new Map<string, number>()

  constructor(private readonly parts: PushJudgeParts) {
    this.server = new Backoff(() => parts.clock.elapsed(), AWAY_FIRST_MS, AWAY_MOST_MS)
  }

  /**
   * Decides what can be decided now. Resolves with the milliseconds until it is worth another look; undefined when nothing
   * waits.
   * @throws LockstepError `journal-failed`
   */
  async look(signal: AbortSignal): Promise<number | undefined> {
    const { repository, source, log } = this.parts
    for (const claim of this.waiting()) {
      const why = judgeClaim(claim.change, repository)
      if (why !== undefined) await this.passOver(claim, why)
    }
    // What is told from here on may be missing in what is fetched: it is not looked for.
    const claims = this.waiting()
    if (claims.length === 0) return undefined
    if (this.server.rest > 0) return this.server.rest
    const fetched = await source.fetch(signal)
    if (signal.aborted) return undefined
    if (fetched.kind === 'away') return this.wait(fetched.why)
    const asked = new Map<string, Located>()
    for (const claim of claims) {
      const { ref, after } = claim.change
      const question = `${after} ${ref}`
      const located = asked.get(question) ?? (await source.locate(ref, after ?? '', signal))
      asked.set(question, located)
      if (signal.aborted) return undefined
      if (located.kind === 'unknown') return this.wait(located.why)
      if (located.kind === 'elsewhere') await this.doubt(claim, located.why)
      else
        await log.append({
          type: 'commit seen',
          delivery: claim.delivery,
          repository: repository.name,
          ref,
          after: after ?? '',
          commit: located.commit,
          isToBuild: repository.build !== undefined,
        })
    }
    this.server.succeed()
    return this.untilBelieved()
  }

  private wait(why: string): number {
    const pause = this.server.fail()
    this.parts.onAway(this.parts.repository.name, why, pause)
    return pause
  }

  private async doubt(claim: Claim, why: string): Promise<void> {
    const now = this.parts.clock.elapsed()
    const from = this.doubts.get(keyOf(claim))
    if (from === undefined) this.doubts.set(keyOf(claim), now + BELIEVE_AFTER_MS)
    else if (now >= from) await this.passOver(claim, why)
  }

  private untilBelieved(): number | undefined {
    const claims = this.waiting()
    const open = new Set(claims.map(keyOf))
    for (const key of this.doubts.keys()) if (!open.has(key)) this.doubts.delete(key)
    const from = Math.min(...this.doubts.values())
    if (this.doubts.size > 0) return Math.max(0, from - this.parts.clock.elapsed())
    // Others were told meanwhile.
    return claims.length > 0 ? 0 : undefined
  }

  private async passOver({ delivery, change: { ref, after } }: Claim, why: string): Promise<void> {
    await this.parts.log.append({ type: 'change passed over', delivery, ref, after, why })
  }

  private waiting(): Claim[] {
    const claims: Claim[] = []
    for (const { delivery, repository, changes } of this.parts.log.state.deliveries.values())
      if (repository === this.parts.repository.name)
        for (const change of changes) if (change.state === 'waiting') claims.push({ delivery, change })
    return claims
  }
}

interface Claim {
  delivery: Delivery['delivery']
  change: RecordedChange
}

function keyOf({ delivery, change: { ref, after } }: Claim): string {
  return `${delivery} ${after} ${ref}`
}

/** Returns why a change starts nothing, as far as it tells itself; undefined when the repository has to be asked. */
export function judgeClaim(
  { ref, after }: RecordedChange,
  repository: Pick<RepositorySettings, 'branches' | 'tags'>,
): string | undefined {
  if (!isRefName(ref)) return `${JSON.stringify(excerpt(ref, MAX_SHOWN_REF))} is no name of a branch or tag`
  if (after === null) return `${nameRef(ref)} was removed`
  if (parseCommitId(after)?.commit === undefined)
    return `${JSON.stringify(excerpt(after, MAX_SHOWN_REF))} is no id of a commit`
  return isWanted(ref, repository)
    ? undefined
    : `${nameRef(ref)} starts nothing: no glob of branches or tags fits it`
}

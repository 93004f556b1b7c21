import { asking, type AskHosts } from '../engine/change'
import type { StepContext } from '../engine/step_context'
import type { Answer } from '../model/answers'
import type { HostGateway } from '../model/obligation'
import type { Verdict } from '../model/verdict'
import { byVersion, ensureIn, packageStatus } from './package_answer'
import type { UnexpectedMessage } from '../../system/unexpected_messages'

/** The versions that hosts were seen to have after a change. Only a look tells them, not the answer to an order. */
export class VersionsAfter {
  /** The hosts that said that they changed a package, and were not looked at since, by package. */
  private readonly unseen = new Map<string, Set<string>>()

  constructor(private readonly step: Pick<StepContext, 'append'>) {}

  /** Notes hosts that say that they changed a package. */
  expectChanged(name: string, hosts: readonly string[]): void {
    const unseen = this.unseen.get(name) ?? new Set()
    this.unseen.set(name, unseen)
    for (const host of hosts) unseen.add(host)
  }

  /** Writes down versions that were seen, and no others: an answer to an order is only a host's own word. */
  async writeDown(name: string, versions: ReadonlyMap<string, string>): Promise<void> {
    const unseen = this.unseen.get(name)
    if (unseen === undefined || versions.size === 0) return
    for (const host of versions.keys()) unseen.delete(host)
    await this.step.append({ type: 'became', package: name, versions: byVersion(versions) })
  }

  /** Looks at hosts whose new version no line has looked at. Hosts in `silent` are not waited for once more. */
  async lookAtUnseen(silent: ReadonlySet<string>, gateway: HostGateway): Promise<void> {
    for (const [name, hosts] of this.unseen) {
      const looked = new VersionLook(name)
      await looked.at(
        [...hosts].filter((host) => !silent.has(host)),
        gateway,
      )
      await this.writeDown(name, looked.versions)
    }
  }
}

/** A look at the version of a package that hosts have, which keeps what was seen. */
export class VersionLook {
  readonly versions = new Map<string, string>()
  private readonly answers = new Map<string, Answer>()

  constructor(private readonly name: string) {}

  readonly ask: AskHosts = async (hosts, gateway) => {
    const answers = await asking(packageStatus(this.name))(hosts, gateway)
    for (const [host, answer] of answers.outcomes) {
      const ensure = ensureIn(answer)
      if (ensure === undefined) continue
      this.versions.set(host, ensure)
      this.answers.set(host, answer)
    }
    return answers
  }

  /** Returns the answer in which a host named its version; undefined where it named none. */
  answerOf(host: string): Answer | undefined {
    return this.answers.get(host)
  }

  /** Looks at those of `hosts` that were not looked at yet. Resolves with the unexpected messages that came beside. */
  async at(hosts: readonly string[], gateway: HostGateway): Promise<readonly UnexpectedMessage[]> {
    const others = hosts.filter((host) => !this.versions.has(host))
    return others.length === 0 ? [] : (await this.ask(others, gateway)).unexpected
  }
}

/** Returns a verdict in which hosts that did it have passed only as the look at them reads. */
export function asSeen(done: Verdict, looked: VersionLook, passes: (answer: Answer) => boolean): Verdict {
  const observations = done.observations.map((observation) => {
    const answer = looked.answerOf(observation.host)
    const seen = ensureIn(answer)
    if (!observation.passed || answer === undefined || seen === undefined) return observation
    return { ...observation, passed: passes(answer), seen }
  })
  return { ...done, observations }
}

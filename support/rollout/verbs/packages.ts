import { carryOut, converge, DONE, withoutThose } from '../engine/converge'
import { planChange, NOT_KNOWN } from '../engine/plan_change'
import { plannablePackage, packageResource } from './plannable_package'
import {
  lookWith,
  observe,
  shown,
  observationOf,
  type Look,
  type Patience,
  type Reading,
} from '../engine/observe'
import type { UnexpectedMessage } from '../../system/unexpected_messages'
import type { Answer } from '../model/answers'
import type { Rollout } from '../rollout'
import { slippedBack } from '../engine/still_out'
import type { Observation, Verdict } from '../model/verdict'
import { goesBack, orderOf } from '../model/versions'

const NOT_INSTALLED = new Set(['absent', 'purged'])

export class Packages {
  /** The versions before this rollout's first change, by package and host; recorded when something depends on them. */
  private readonly had = new Map<string, Map<string, string>>()
  private readonly changed = new Map<string, Set<string>>()
  /** The versions that hosts would have when first asked for them, by package and host, where nothing is changed. */
  private readonly plannedHad = new Map<string, Map<string, string>>()
  /** The hosts that said that they changed a package, and were not looked at since, by package. */
  private readonly unseen = new Map<string, Set<string>>()

  constructor(private readonly rollout: Rollout) {}

  /**
   * Updates a package to the newest version that each host's own repository offers. Only a host's own word tells that
   * it was carried out.
   */
  update(name: string): Promise<Verdict> {
    return this.change(name, 'update', { package: name }, undefined)
  }

  install(name: string, wanted: string): Promise<Verdict> {
    return this.change(name, 'install', { package: name, version: wanted }, wanted)
  }

  async versionShouldBe(name: string, wanted: string, patience?: Patience): Promise<Verdict> {
    const verdict = await observe(this.rollout, this.status(name), isVersion(wanted), patience, {
      resource: packageResource(name),
      judge: (seen) => ({ passed: seen === wanted, seen }),
    })
    await this.writeDown(name, versionsIn(verdict))
    return verdict
  }

  async shouldBe(name: string, wanted: 'installed' | 'absent'): Promise<Verdict> {
    const judge = (seen: string) => ({ passed: NOT_INSTALLED.has(seen) === (wanted === 'absent'), seen })
    const read = (answer: Answer) => {
      const reading = judge(version(answer))
      // An answer without a version says nothing of whether there is one.
      return { ...reading, passed: reading.passed && (ensureIn(answer) ?? '') !== '' }
    }
    const subject = { resource: packageResource(name), judge }
    const verdict = await observe(this.rollout, this.status(name), read, {}, subject)
    await this.writeDown(name, versionsIn(verdict))
    return verdict
  }

  /**
   * Looks at hosts whose new version no line has looked at, so that it is known afterwards. Hosts that have fallen
   * silent are not waited for once more. Concludes nothing: it is no step.
   */
  async seeWhatBecame(): Promise<void> {
    const silent = new Set(
      this.rollout.failure?.observations.flatMap(({ host, kind }) => (kind === 'silent' ? [host] : [])),
    )
    for (const [name, hosts] of this.unseen) {
      const looked = new Looks(this.status(name))
      await looked.at([...hosts].filter((host) => !silent.has(host)))
      await this.writeDown(name, looked.versions)
    }
  }

  /**
   * Returns the version that a planned change is compared with where no host may go back. It is what the host would
   * have when first asked: `now`, unless a line before has asked. Undefined where any version is as good, and where it
   * is not known.
   */
  plannedBaseline(name: string, host: string, now: string): string | undefined {
    const { gates, afterFailure, release } = this.rollout
    const had = this.plannedHad.get(name) ?? new Map<string, string>()
    this.plannedHad.set(name, had)
    const isAsked = !gates.downgradesAllowed || afterFailure.versionsGoBack || release.name !== undefined
    if (isAsked && !had.has(host) && now !== NOT_KNOWN) had.set(host, now)
    const baseline = gates.downgradesAllowed ? undefined : had.get(host)
    return baseline === undefined || NOT_INSTALLED.has(baseline) ? undefined : baseline
  }

  /** Returns the packages that this rollout has changed, each with the version that each host had before. */
  touched(): { name: string; had: ReadonlyMap<string, string> }[] {
    return [...this.changed].map(([name, hosts]) => {
      const known = this.had.get(name) ?? new Map<string, string>()
      return { name, had: new Map([...known].filter(([host]) => hosts.has(host))) }
    })
  }

  /** Brings hosts back to a version, or to none. Concludes nothing: it is no step. */
  async putBack(name: string, version: string, hosts: readonly string[]): Promise<Verdict> {
    const absent = NOT_INSTALLED.has(version)
    const request = absent
      ? { agent: 'package', action: 'uninstall', inputs: { package: name }, mutating: true }
      : { agent: 'package', action: 'install', inputs: { package: name, version }, mutating: true }
    await this.rollout.ask(request, hosts)
    const look = await this.status(name)(hosts)
    const observations = hosts.map((host) =>
      observationOf(host, look, (answer) => {
        const reading = isVersion(version)(answer)
        return absent
          ? { ...reading, passed: answer.kind === 'answered' && NOT_INSTALLED.has(reading.seen) }
          : reading
      }),
    )
    await this.writeDown(name, versionsIn({ observations }))
    return { observations, unexpected: look.unexpected }
  }

  private async change(
    name: string,
    action: 'install' | 'update',
    inputs: Record<string, string>,
    wanted: string | undefined,
  ): Promise<Verdict> {
    this.rollout.expectGoingOn()
    const { planState } = this.rollout
    const plannable = plannablePackage(this.rollout, name, wanted)
    if (planState !== undefined && this.rollout.scenarioCheckpoint === undefined)
      return planChange(this.rollout, planState, plannable)
    const order = (hosts: readonly string[]) =>
      this.rollout.ask({ agent: 'package', action, inputs, mutating: true }, hosts)
    const looked = new Looks(this.status(name))
    const change = {
      order,
      ...(wanted === undefined
        ? {}
        : { contradicts: otherThan(wanted), verify: { look: looked.look, read: isInstalled(wanted) } }),
      afterwards: (done: Verdict) => this.seen(name, done, looked, wanted),
    }
    const { gates, afterFailure } = this.rollout
    const isNotAsked = gates.downgradesAllowed && !afterFailure.versionsGoBack && !this.isRecorded
    if (this.rollout.scenarioCheckpoint !== undefined || isNotAsked)
      return converge(this.rollout, { ...change, plannable, repeatable: true })

    const moving = await this.rollout.moving()
    const slipped = await slippedBack(this.rollout, moving)
    const before = await this.record(name, withoutThose(moving, slipped))
    const refused = before.observations.map((seen) =>
      wanted === undefined ? seen : this.refusedToGoBack(name, seen, wanted, before.providers),
    )
    const going = refused.filter(({ passed }) => passed).map(({ host }) => host)
    const changed = this.changed.get(name) ?? new Set()
    this.changed.set(name, changed)
    for (const host of going) changed.add(host)
    const done = await carryOut(going, change)
    const kept = refused.filter(({ passed }) => !passed)
    const ended = done.observations.map((observation) =>
      wanted === undefined && !gates.downgradesAllowed && observation.passed
        ? this.refusedToGoBack(name, observation, looked.versions.get(observation.host), before.providers)
        : observation,
    )
    const observations = [...slipped, ...kept, ...ended]
    return this.rollout.conclude({ observations, unexpected: [...before.unexpected, ...done.unexpected] })
  }

  /** Asks hosts which version they have now, and keeps it. A host that does not say must not be changed. */
  private async record(
    name: string,
    hosts: readonly string[],
  ): Promise<{
    observations: Observation[]
    unexpected: readonly UnexpectedMessage[]
    providers: Map<string, unknown>
  }> {
    const answers = await this.status(name)(hosts)
    const had = this.had.get(name) ?? new Map(this.rollout.checkpoint?.had.get(name))
    this.had.set(name, had)
    const providers = new Map<string, unknown>()
    const observations = hosts.map((host) =>
      observationOf(host, answers, (answer) => {
        const known = answer.kind === 'answered' && typeof answer.data['ensure'] === 'string'
        if (!known) return { passed: false, seen: `does not say which version it has: ${version(answer)}` }
        const seen = version(answer)
        providers.set(host, answer.data['provider'])
        if (!had.has(host)) had.set(host, seen)
        return { passed: true, seen }
      }),
    )
    const versions = byVersion(versionsIn({ observations: observations.filter(({ passed }) => passed) }))
    await this.rollout.ports.journal.append({ type: 'had', package: name, versions })
    return { observations, unexpected: answers.unexpected, providers }
  }

  /** True when a release is named and recorded: the versions before it are to be known, which costs a question. */
  private get isRecorded(): boolean {
    return this.rollout.ports.keepsHistory === true && this.rollout.release.name !== undefined
  }

  /**
   * Looks at what became of hosts where their own word is not enough. Where one of them failed, no line after this one
   * looks at any. An update may have brought an older version.
   */
  private async seen(
    name: string,
    done: Verdict,
    looked: Looks,
    wanted: string | undefined,
  ): Promise<Verdict> {
    const said = done.observations.flatMap(({ host, kind }) => (kind === 'silent' ? [] : [host]))
    const unseen = this.unseen.get(name) ?? new Set()
    this.unseen.set(name, unseen)
    for (const host of said) unseen.add(host)
    const mayHaveGoneBack = wanted === undefined && !this.rollout.gates.downgradesAllowed
    const hasFailed = done.observations.some(({ passed }) => !passed)
    const unexpected = hasFailed || mayHaveGoneBack ? await looked.at(said) : []
    await this.writeDown(name, looked.versions)
    const observations = done.observations.map((observation): Observation => {
      const version = looked.versions.get(observation.host)
      if (!observation.passed || version === undefined) return observation
      return { ...observation, passed: wanted === undefined || isSame(version, wanted), seen: version }
    })
    return { ...done, observations, unexpected: [...done.unexpected, ...unexpected] }
  }

  /** Writes down versions that were seen, and no others: an answer to an order is what a host claims. */
  private async writeDown(name: string, versions: ReadonlyMap<string, string>): Promise<void> {
    const unseen = this.unseen.get(name)
    if (unseen === undefined || versions.size === 0) return
    for (const host of versions.keys()) unseen.delete(host)
    await this.rollout.ports.journal.append({ type: 'became', package: name, versions: byVersion(versions) })
  }

  private refusedToGoBack(
    name: string,
    observation: Observation,
    next: string | undefined,
    providers: ReadonlyMap<string, unknown>,
  ): Observation {
    const has = this.rollout.gates.downgradesAllowed ? undefined : this.had.get(name)?.get(observation.host)
    if (!observation.passed || has === undefined || NOT_INSTALLED.has(has)) return observation
    if (next === undefined)
      return {
        ...observation,
        passed: false,
        seen: `has had ${has}, and does not say which version it has now`,
      }
    const back = goesBack(has, next, orderOf(providers.get(observation.host)))
    if (back === false) return observation
    const seen =
      back === undefined
        ? `has ${has}; by its package manager's order it cannot be told whether ${next} is older`
        : `would go back from ${has} to ${next}`
    return { ...observation, passed: false, seen }
  }

  private status(name: string) {
    return lookWith(this.rollout, { agent: 'package', action: 'status', inputs: { package: name } })
  }
}

/** A look at the versions that hosts have, which keeps what was seen. */
class Looks {
  readonly versions = new Map<string, string>()

  constructor(private readonly status: Look) {}

  readonly look: Look = async (hosts) => {
    const answers = await this.status(hosts)
    for (const [host, answer] of answers.outcomes) {
      const ensure = ensureIn(answer)
      if (ensure !== undefined) this.versions.set(host, ensure)
    }
    return answers
  }

  /** Looks at those of `hosts` that were not looked at yet. Resolves with the unexpected messages that came beside. */
  async at(hosts: readonly string[]): Promise<readonly UnexpectedMessage[]> {
    const others = hosts.filter((host) => !this.versions.has(host))
    return others.length === 0 ? [] : (await this.look(others)).unexpected
  }
}

/** Returns the versions that hosts were seen to have. */
function versionsIn({ observations }: Pick<Verdict, 'observations'>): Map<string, string> {
  return new Map(
    observations.flatMap(({ host, kind, seen }) =>
      kind === 'answered' && seen !== DONE ? [[host, seen] as const] : [],
    ),
  )
}

/** Returns hosts by the version they have; the version is the host's own text, even `__proto__`. */
function byVersion(seen: ReadonlyMap<string, string>): Record<string, string[]> {
  const versions = new Map<string, string[]>()
  for (const [host, version] of seen) {
    const hosts = versions.get(version) ?? []
    versions.set(version, hosts)
    hosts.push(host)
  }
  return Object.fromEntries(versions)
}

function otherThan(wanted: string): (answer: Answer) => boolean {
  return (answer) => {
    const claimed = ensureIn(answer)
    return claimed !== undefined && !isSame(claimed, wanted)
  }
}

function isInstalled(wanted: string): (answer: Answer) => Reading {
  return (answer) => {
    const seen = version(answer)
    return { passed: answer.kind === 'answered' && isSame(seen, wanted), seen }
  }
}

/** Returns whether a version is the wanted one, which may lack the epoch that the package manager shows. */
function isSame(version: string, wanted: string): boolean {
  return version === wanted || version.replace(/^\d+:/, '') === wanted
}

function ensureIn(answer: Answer): string | undefined {
  const ensure = answer.kind === 'answered' ? answer.data['ensure'] : undefined
  return typeof ensure === 'string' ? ensure : undefined
}

function isVersion(wanted: string): (answer: Answer) => Reading {
  return (answer) => {
    const seen = version(answer)
    return { passed: answer.kind === 'answered' && seen === wanted, seen }
  }
}

function version(answer: Answer): string {
  if (answer.kind === 'failed') return answer.message || 'failed without saying why'
  return answer.kind === 'answered' ? shown(answer.data['ensure'] ?? DONE) : answer.kind
}

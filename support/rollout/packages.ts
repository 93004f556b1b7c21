import { carryOut, converge, withoutThose } from './converge'
import { foresee } from './foresee'
import { packageForecast, packageThing } from './package_forecast'
import { lookWith, observe, shown, sightOf, type Patience, type Sight } from './observe'
import type { Answer, Stray } from './ports'
import type { Rollout } from './rollout'
import { slippedBack } from './still_held'
import type { Observation, Verdict } from './verdict'
import { goesBack, orderOf } from './versions'

const NOT_INSTALLED = new Set(['absent', 'purged'])

export class Packages {
  /** What hosts had before this rollout first changed it, by package; recorded when something depends on it. */
  private readonly had = new Map<string, Map<string, string>>()
  private readonly changed = new Map<string, Set<string>>()

  constructor(private readonly rollout: Rollout) {}

  /** To the newest that each host's own repository offers. Only a host's own word tells that it was carried out. */
  update(name: string): Promise<Verdict> {
    return this.change(name, 'update', { package: name }, undefined)
  }

  install(name: string, wanted: string): Promise<Verdict> {
    return this.change(name, 'install', { package: name, version: wanted }, wanted)
  }

  versionShouldBe(name: string, wanted: string, patience?: Patience): Promise<Verdict> {
    return observe(this.rollout, this.status(name), isVersion(wanted), patience, {
      thing: packageThing(name),
      judge: (seen) => ({ held: seen === wanted, seen }),
    })
  }

  shouldBe(name: string, wanted: 'installed' | 'absent'): Promise<Verdict> {
    const judge = (seen: string) => ({ held: NOT_INSTALLED.has(seen) === (wanted === 'absent'), seen })
    const read = (answer: Answer) => {
      const sight = judge(version(answer))
      return { ...sight, held: sight.held && answer.kind === 'answered' }
    }
    return observe(this.rollout, this.status(name), read, {}, { thing: packageThing(name), judge })
  }

  /** What this rollout has changed: the version that each host had before, by package. */
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
      ? { agent: 'package', action: 'uninstall', inputs: { package: name }, changes: true }
      : { agent: 'package', action: 'install', inputs: { package: name, version }, changes: true }
    await this.rollout.ask(request, hosts)
    const look = await this.status(name)(hosts)
    const observations = hosts.map((host) =>
      sightOf(host, look, (answer) => {
        const sight = isVersion(version)(answer)
        return absent
          ? { ...sight, held: answer.kind === 'answered' && NOT_INSTALLED.has(sight.seen) }
          : sight
      }),
    )
    return { observations, strays: look.strays }
  }

  private async change(
    name: string,
    action: 'install' | 'update',
    inputs: Record<string, string>,
    wanted: string | undefined,
  ): Promise<Verdict> {
    this.rollout.expectGoingOn()
    const { foresight } = this.rollout
    const forecast = packageForecast(this.rollout, name, wanted)
    if (foresight !== undefined && this.rollout.claim === undefined)
      return foresee(this.rollout, foresight, forecast)
    const order = (hosts: readonly string[]) =>
      this.rollout.ask({ agent: 'package', action, inputs, changes: true }, hosts)
    const verify =
      wanted === undefined ? {} : { verify: { look: this.status(name), read: isVersion(wanted) } }
    const { gates, afterFailure } = this.rollout
    const isNotAsked = gates.downgradesAllowed && !afterFailure.versionsGoBack && !this.isRecorded
    if (this.rollout.claim !== undefined || isNotAsked) {
      const change = { order, done: version, forecast, repeatable: true, ...verify }
      const verdict = await converge(this.rollout, change)
      await this.writeDown(name, verdict.observations)
      return verdict
    }

    const moving = await this.rollout.moving()
    const slipped = await slippedBack(this.rollout, moving)
    const before = await this.record(name, withoutThose(moving, slipped))
    const refused = before.observations.map((seen) =>
      this.refusedToGoBack(name, seen, wanted, before.providers),
    )
    const going = refused.filter(({ held }) => held).map(({ host }) => host)
    const changed = this.changed.get(name) ?? new Set()
    this.changed.set(name, changed)
    for (const host of going) changed.add(host)
    const done = await carryOut(going, { order, done: version, ...verify })
    await this.writeDown(name, done.observations)
    const observations = [...slipped, ...refused.filter(({ held }) => !held), ...done.observations].map(
      (observation) =>
        wanted === undefined
          ? this.refusedToGoBack(name, observation, observation.seen, before.providers)
          : observation,
    )
    return this.rollout.conclude({ observations, strays: [...before.strays, ...done.strays] })
  }

  /** Asks what hosts have now, and keeps it. A host that does not say must not be changed. */
  private async record(
    name: string,
    hosts: readonly string[],
  ): Promise<{ observations: Observation[]; strays: readonly Stray[]; providers: Map<string, unknown> }> {
    const answers = await this.status(name)(hosts)
    const had = this.had.get(name) ?? new Map(this.rollout.claims?.had.get(name))
    this.had.set(name, had)
    const versions: Record<string, string[]> = {}
    const providers = new Map<string, unknown>()
    const observations = hosts.map((host) =>
      sightOf(host, answers, (answer) => {
        const known = answer.kind === 'answered' && typeof answer.data['ensure'] === 'string'
        if (!known) return { held: false, seen: `does not say which version it has: ${version(answer)}` }
        const seen = version(answer)
        providers.set(host, answer.data['provider'])
        ;(versions[seen] ??= []).push(host)
        if (!had.has(host)) had.set(host, seen)
        return { held: true, seen }
      }),
    )
    await this.rollout.ports.journal.append({ type: 'had', package: name, versions })
    return { observations, strays: answers.strays, providers }
  }

  /** Of a release it is to be known what hosts had before; that costs a question. */
  private get isRecorded(): boolean {
    return this.rollout.ports.keepsRecord === true && this.rollout.release.name !== undefined
  }

  private async writeDown(name: string, observations: readonly Observation[]): Promise<void> {
    const versions: Record<string, string[]> = {}
    for (const { host, seen, kind } of observations)
      if (kind === 'answered') (versions[seen] ??= []).push(host)
    if (Object.keys(versions).length > 0)
      await this.rollout.ports.journal.append({ type: 'became', package: name, versions })
  }

  private refusedToGoBack(
    name: string,
    observation: Observation,
    next: string | undefined,
    providers: ReadonlyMap<string, unknown>,
  ): Observation {
    const has = this.rollout.gates.downgradesAllowed ? undefined : this.had.get(name)?.get(observation.host)
    if (!observation.held || next === undefined || has === undefined || NOT_INSTALLED.has(has))
      return observation
    const back = goesBack(has, next, orderOf(providers.get(observation.host)))
    if (back === false) return observation
    const seen =
      back === undefined
        ? `has ${has}; by its package manager's order it cannot be told whether ${next} is older`
        : `would go back from ${has} to ${next}`
    return { ...observation, held: false, seen }
  }

  private status(name: string) {
    return lookWith(this.rollout, { agent: 'package', action: 'status', inputs: { package: name } })
  }
}

function isVersion(wanted: string): (answer: Answer) => Sight {
  return (answer) => {
    const seen = version(answer)
    return { held: answer.kind === 'answered' && seen === wanted, seen }
  }
}

function version(answer: Answer): string {
  if (answer.kind === 'failed') return answer.message || 'failed without saying why'
  return answer.kind === 'answered' ? shown(answer.data['ensure'] ?? 'done') : answer.kind
}

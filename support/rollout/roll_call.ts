import { LockstepError } from '../system/errors'
import type { Selection, Stray } from './ports'
import type { Rollout } from './rollout'
import { hosts as counted, type Observation, type Verdict } from './verdict'

/** The hosts of a rollout: selected by a feature's first lines, discovered once, and the same from then on. */
export class RollCall {
  private selection: Selection = NOBODY_YET
  private list: readonly string[] | undefined

  /** The order in which the hosts are listed, where they come from a list. */
  private listing: readonly string[] | undefined

  constructor(private readonly rollout: Rollout) {}

  /** Forgets what was selected, not who was discovered: a feature's Background runs again for each scenario. */
  beginSelection(): void {
    this.selection = NOBODY_YET
  }

  withClass(name: string): void {
    this.selection = { ...this.selection, classes: [...this.selection.classes, name] }
  }

  withFact(fact: Selection['facts'][number]): void {
    this.selection = { ...this.selection, facts: [...this.selection.facts, fact] }
  }

  withIdentity(identity: string): void {
    this.selection = { ...this.selection, identities: [...this.selection.identities, identity] }
  }

  listed(names: readonly string[]): void {
    const listed = [...(this.selection.listed ?? []), ...names]
    this.selection = { ...this.selection, listed }
    this.listing = listed
  }

  /** Finds out who is there. A second time, whoever is missing or new since the first has diverged. */
  async discover(): Promise<Verdict> {
    this.rollout.expectGoingOn()
    const { found, strays } = await this.look()
    const expected = this.list ?? this.rollout.claims?.hosts ?? this.selection.listed ?? found
    if (this.list === undefined) await this.freeze(expected)
    const there = new Set(found)
    const known = new Set(expected)
    const going = expected.filter((host) => !this.rollout.budget.isOut(host))
    const observations = going.map((host): Observation =>
      there.has(host)
        ? { host, held: true, kind: 'answered', seen: 'discovered' }
        : { host, held: false, kind: 'silent', seen: 'not discovered' },
    )
    const newcomers = found
      .filter((host) => !known.has(host))
      .map((host): Stray => ({
        kind: 'unexpected',
        host,
        detail: 'was not there at the first roll call',
        fails: true,
      }))
    return this.rollout.conclude({ observations, strays: [...strays, ...newcomers] })
  }

  /** The hosts, discovering them first if no step has done so. */
  async frozen(): Promise<readonly string[]> {
    if (this.list !== undefined) return this.list
    if (this.rollout.claims !== undefined) return this.freeze(this.rollout.claims.hosts)
    if (this.selection.listed !== undefined) return this.freeze(this.selection.listed)
    const { found, strays } = await this.look()
    for (const stray of strays) this.rollout.overheard(stray)
    return this.freeze(found)
  }

  /** Undefined when the hosts come from no list. */
  inListedOrder(): readonly string[] | undefined {
    const known = new Set(this.list)
    return this.listing?.filter((host) => known.has(host))
  }

  /** Who was found, or undefined before anybody was looked for. */
  get known(): readonly string[] | undefined {
    return this.list
  }

  async expectAtLeast(wanted: number): Promise<Verdict> {
    return this.expectCount(`at least ${counted(wanted)}`, (n) => n >= wanted)
  }

  async expectExactly(wanted: number): Promise<Verdict> {
    return this.expectCount(`exactly ${counted(wanted)}`, (n) => n === wanted)
  }

  private async expectCount(wanted: string, test: (n: number) => boolean): Promise<Verdict> {
    this.rollout.expectGoingOn()
    const list = await this.frozen()
    const held = test(list.length)
    const seen = held ? 'counted' : `${counted(list.length)}, where ${wanted} were expected`
    const observations = list.map((host) => ({ host, held, kind: 'known' as const, seen }))
    return this.rollout.conclude({ observations, strays: [] }, { budgeted: false })
  }

  private async look(): Promise<{ found: readonly string[]; strays: readonly Stray[] }> {
    const { classes, facts, identities, listed } = this.selection
    if (classes.length + facts.length + identities.length === 0 && listed === undefined) {
      const known = 'with class …, with fact …, with identity …, or the hosts listed in …'
      throw new LockstepError(
        'bad-feature',
        `no hosts are selected; say first: I want to update hosts ${known}`,
      )
    }
    const { fleet, audience } = this.rollout.ports
    const { hosts, strays } = await fleet.discover(this.selection, (n) =>
      audience.progress(n, listed?.length),
    )
    return { found: [...hosts].sort(byName), strays }
  }

  private async freeze(found: readonly string[]): Promise<readonly string[]> {
    if (found.length === 0) {
      const error = new LockstepError(
        'nobody-discovered',
        `no host was discovered ${said(this.selection)}; nothing was done`,
      )
      this.rollout.stopAt(error)
      throw error
    }
    const list = [...found].sort(byName)
    await this.rollout.ports.journal.append({ type: 'roll call', hosts: list })
    this.list = Object.freeze(list)
    return this.list
  }
}

const NOBODY_YET: Selection = { classes: [], facts: [], identities: [], listed: undefined }

const collator = new Intl.Collator('en', { numeric: true })
const byName = (a: string, b: string) => collator.compare(a, b)

function said({ classes, facts, identities, listed }: Selection): string {
  const parts = [
    ...classes.map((name) => `class ${name}`),
    ...facts.map(({ fact, operator, value }) => `fact ${fact}${operator === '==' ? '=' : operator}${value}`),
    ...(identities.length > 0 ? [`identity ${identities.join(' or ')}`] : []),
    ...(listed === undefined ? [] : [`among the ${counted(listed.length)} listed`]),
  ]
  return `with ${parts.join(' and ')}`
}

import { access } from './access'
import { agent } from './agent'
import { analysis } from './analysis'
import { check } from './check'
import { EFFECTS, type EffectGroup, type KnownKind, type StepEffect } from './effects'
import { downtime } from './downtime'
import { failure } from './failure'
import { gate } from './gate'
import { hosts } from './hosts'
import { loadBalancer } from './load_balancer'
import { packages } from './package'
import { puppet } from './puppet'
import { puppetCode } from './puppet_code'
import { rehearsal } from './rehearsal'
import { release } from './release'
import { repository } from './repository'
import type { Keyword, Sentence } from './sentence'
import { service } from './service'
import { wave } from './wave'

/** Every sentence of Lockstep's, by the noun whose file of `step_definitions` defines it. */
export const CATALOGUE = {
  hosts,
  'load balancer': loadBalancer,
  wave,
  failure,
  gate,
  release,
  package: packages,
  repository,
  access,
  service,
  check,
  downtime,
  analysis,
  puppet,
  'puppet code': puppetCode,
  agent,
  rehearsal,
} as const

type Nouns = (typeof CATALOGUE)[keyof typeof CATALOGUE]
type PhrasesIn<N> = N extends unknown ? keyof N : never
type DefinedUnder<N, K extends Keyword> = N extends unknown
  ? { [P in keyof N]: N[P] extends { keyword: K } ? P : never }[keyof N]
  : never

/** A phrase that the catalogue has. */
export type Phrase = PhrasesIn<Nouns>
/** A phrase that the catalogue has under this keyword. */
export type PhraseUnder<K extends Keyword> = DefinedUnder<Nouns, K>

/** The sentences by their phrase, as step definitions have it. */
export const SENTENCES: ReadonlyMap<string, Sentence> = new Map(
  Object.values(CATALOGUE).flatMap((noun) => Object.entries<Sentence>(noun)),
)

/** A step as far as its effect depends on it. */
interface Step {
  /** The phrase of the step's definition; undefined where none or several match. */
  expression: string | undefined
  arguments: readonly { value: string }[]
  /** The number of rows of its table; 0 without one. */
  rows: number
  keyword: 'context' | 'action' | 'outcome' | 'unknown'
}

/** Returns the effect of a step. One that the catalogue does not have may do anything that its keyword allows. */
export function effectOf(step: Step): StepEffect {
  const sentence = SENTENCES.get(step.expression ?? '')
  const unknown = {
    kind: 'unknown',
    acts: step.keyword !== 'outcome',
    looks: step.keyword !== 'context',
  } as const
  if (sentence === undefined) return unknown
  if (sentence.details === undefined) return { kind: sentence.effect } as StepEffect
  const details = sentence.details(
    step.arguments.map(({ value }) => value),
    step,
  )
  return details === undefined ? unknown : ({ kind: sentence.effect, ...details } as StepEffect)
}

/** Returns the kind of effect that a phrase has; undefined for one that is not in the catalogue. */
export function kindOf(phrase: string | undefined): KnownKind | undefined {
  return SENTENCES.get(phrase ?? '')?.effect
}

/** Returns the group of a phrase's effect; undefined for a phrase that is not in the catalogue. */
export function groupOf(phrase: string | undefined): EffectGroup | undefined {
  const kind = kindOf(phrase)
  return kind === undefined ? undefined : EFFECTS[kind].group
}

/** The groups of sentences that say how or whether a rollout goes, and give no verdict about any host. */
const WITHOUT_VERDICT: ReadonlySet<EffectGroup> = new Set(['selects', 'sets', 'gates', 'rehearses'])

/** Returns whether a phrase is in the catalogue and has a verdict about hosts or their pool once it was carried out. */
export function concludes(phrase: string | undefined): boolean {
  const group = groupOf(phrase)
  return group !== undefined && !WITHOUT_VERDICT.has(group)
}

/** Returns whether a phrase is in the catalogue and tells the rollout something: all but what only rehearsals read. */
export function speaks(phrase: string | undefined): boolean {
  const group = groupOf(phrase)
  return group !== undefined && group !== 'rehearses'
}

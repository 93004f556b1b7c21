import type { KnownKind, StepEffect } from './effects'

export type Keyword = 'Given' | 'When' | 'Then'

/** A step as far as its effect depends on it. */
export interface SentenceUse {
  /** The number of rows of its table; 0 without one. */
  rows: number
}

type Details<K extends KnownKind> = Omit<Extract<StepEffect, { kind: K }>, 'kind'>

/** A sentence with an effect of one kind. Its details come from the values of a line, where the effect has any. */
type SentenceOf<K extends KnownKind> = {
  /** The keyword under which the step is defined. */
  keyword: Keyword
  effect: K
  /** One line for a person. */
  help: string
} & (keyof Details<K> extends never
  ? { details?: never }
  : { details: (values: readonly string[], use: SentenceUse) => Details<K> | undefined })

/** A sentence of Lockstep's: its effect, and its help for a person. */
export type Sentence = { [K in KnownKind]: SentenceOf<K> }[KnownKind]

/** The sentences about one noun, by their phrase as the step definition has it. */
export type Sentences = Readonly<Record<string, Sentence>>

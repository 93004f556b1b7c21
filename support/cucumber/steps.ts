import * as cucumber from '@cucumber/cucumber'
import type { PhraseUnder } from '../sentences/catalogue'
import type { Keyword } from '../sentences/sentence'

/** Cucumber's own function to define a step. A phrase that the catalogue does not have, or has under another keyword, does not compile. */
type Define<K extends Keyword> = <World>(
  phrase: PhraseUnder<K>,
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  code: (this: World, ...values: any[]) => unknown,
) => void

export const Given: Define<'Given'> = cucumber.Given
export const When: Define<'When'> = cucumber.When
export const Then: Define<'Then'> = cucumber.Then

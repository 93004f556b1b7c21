import type { Pickle, PickleStep } from '@cucumber/messages'
import type { VariablesInUse } from '../config/environment'

/** The values of `<name>` in the features of a run, as far as lines of the run use them. */
export interface SubstitutedValues {
  readonly isUsed: boolean
  readonly warnings: readonly string[]
  inUse(): VariablesInUse
  /** Returns the values that a feature uses, but for secrets. */
  plainIn(uri: string): ReadonlyMap<string, string>
  /** Returns the values that a feature uses and that a later run of it has to use again. */
  fixedIn(uri: string): ReadonlyMap<string, string>
  /** Puts secrets into the steps of a scenario that is about to run. */
  fill(pickle: Pick<Pickle, 'id' | 'uri'> & { steps: readonly Pick<PickleStep, 'id' | 'argument'>[] }): void
}

import { matchesFilter, type FactOperator, type Filter } from '../protocol/filter'
import { Patterns } from '../protocol/patterns'
import { Refusal } from '../protocol/refusal'
import type { Selection } from '../rollout/ports'
import { LockstepError } from '../system/errors'
import type { Inventory } from './inventory'

/**
 * Returns the hosts of an inventory that a selection matches, by the rules by which hosts themselves decide.
 * @throws LockstepError `bad-input` for a pattern that hosts would refuse
 */
export function matching({ hosts }: Pick<Inventory, 'hosts'>, selection: Selection): string[] {
  const filter = filterOf(selection)
  // The author of the feature is trusted with any number of patterns.
  const patterns = new Patterns(Number.POSITIVE_INFINITY)
  try {
    return hosts
      .filter(
        ({ name, classes, facts, environment }) =>
          (selection.environment === undefined || environment === selection.environment) &&
          matchesFilter(filter, { identity: name, classes, facts, agents: [] }, patterns),
      )
      .map(({ name }) => name)
  } catch (error) {
    if (error instanceof Refusal) throw new LockstepError('bad-input', error.message, { cause: error })
    throw error
  }
}

/** Formats a selection as it is sent to the hosts. */
export function filterOf({ classes, facts, identities }: Selection): Filter {
  return {
    classes: [...classes],
    identities: [...identities],
    facts: facts.map((fact) => ({ ...fact, operator: fact.operator as FactOperator })),
    agents: [],
    compound: [],
  }
}

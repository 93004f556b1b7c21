import { matchesFilter, type FactOperator, type Filter } from '../protocol/filter'
import type { Selection } from '../rollout/ports'
import type { Inventory } from './inventory'

/** The hosts of an inventory that a selection means, by the rules by which hosts themselves decide whether they are meant. */
export function matching({ hosts }: Inventory, selection: Selection): string[] {
  const filter = filterOf(selection)
  return hosts
    .filter(({ name, classes, facts }) =>
      matchesFilter(filter, { identity: name, classes, facts, agents: [] }),
    )
    .map(({ name }) => name)
}

/** A selection as it is sent to the hosts. */
export function filterOf({ classes, facts, identities }: Selection): Filter {
  return {
    classes: [...classes],
    identities: [...identities],
    facts: facts.map((fact) => ({ ...fact, operator: fact.operator as FactOperator })),
    agents: [],
    compound: [],
  }
}

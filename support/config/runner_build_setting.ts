import * as v from 'valibot'

const BY = 'runners'

/** The schema of `by` of `ci`: who tests commits, where it is not `lockstep serve` itself. */
export const builtBy = v.optional(v.literal(BY, `${BY}, or nothing where lockstep serve tests itself`))

/** The tests are a command that runners on other machines run. What it may see there is theirs to say. */
export interface RunnerBuild {
  kind: 'runners'
  command: readonly string[]
  /** Milliseconds that it may take on the runner. */
  within: number
}

/** Returns the keys of `ci` that belong into the configuration of a runner. */
export function misplacedKeys({
  user,
  environment = [],
}: {
  user?: string | undefined
  environment?: readonly string[] | undefined
}): string[] {
  return [...(user === undefined ? [] : ['user']), ...(environment.length === 0 ? [] : ['environment'])]
}

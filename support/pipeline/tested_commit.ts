interface Ended {
  state: string
}

/** Returns the last build of a commit that says how its tests went, also while another one runs. */
export function lastFinished<B extends Ended>({
  build,
  earlier,
}: {
  build: B | undefined
  earlier: readonly B[]
}): B | undefined {
  return build !== undefined && isFinished(build) ? build : earlier.findLast(isFinished)
}

/** Returns whether a build says how the tests of its commit went. */
export function isFinished({ state }: Ended): boolean {
  return state === 'succeeded' || state === 'failed'
}

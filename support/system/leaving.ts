/** What of a process ends it at once, without telling those who listen. `process.exit` ends by it as well. */
export interface Leaving {
  reallyExit(code?: number): void
}

/** Lets `decide` say, from what was asked for, with which status a process ends that is ended without a word. */
export function beforeLeaving(
  process: Leaving,
  decide: (code: number | undefined) => number | undefined,
): void {
  const leave = process.reallyExit.bind(process)
  let isLeaving = false
  process.reallyExit = (code) => {
    // Whoever leaves while that is decided is let go.
    if (isLeaving) return leave(code)
    isLeaving = true
    leave(decide(code))
  }
}

/** The part of a process that ends it at once, without telling listeners. `process.exit` ends by it as well. */
export interface Leaving {
  reallyExit(code?: number): void
}

/** Lets `decide` set the status of a process that is ended at once, from the status that was asked for. */
export function beforeLeaving(
  process: Leaving,
  decide: (code: number | undefined) => number | undefined,
): void {
  const leave = process.reallyExit.bind(process)
  let isLeaving = false
  process.reallyExit = (code) => {
    // A call that leaves while `decide` runs passes.
    if (isLeaving) return leave(code)
    isLeaving = true
    leave(decide(code))
  }
}

/** Milliseconds that code of a team may go on by itself once all else is over. */
const MAX_LINGER_MS = 2_000

/** Ends a process soon, where code of a team has left something that would keep it from ending. */
export function leaveSoon(process: { exit(): void }): void {
  setTimeout(() => process.exit(), MAX_LINGER_MS).unref()
}

/** A wait, as it can be looked at while it lasts. A screen looks when there is time to draw. */
export interface Wait {
  /** The name of the wait, where that is no host, such as `approval`. */
  readonly what?: string
  /** Milliseconds that it may take; absent where nothing limits it. */
  readonly withinMs?: number
  /** Returns how far it is; undefined while that cannot be said. Looking is cheap, however many hosts there are. */
  readonly tally?: () => Tally | undefined
}

/** The hosts that are waited for, each counted once. Those that are neither done nor failed are missing. */
export interface Tally {
  done: number
  failed: number
  /** The number of all hosts; undefined where it is not known who is there. */
  expected: number | undefined
  /** Some of the hosts that are missing. */
  someMissing: readonly string[]
}

/** Tells that something is waited for, until the returned function is called. A wait never affects what is waited for. */
export type TellWait = (wait: Wait) => () => void

/** The number of missing hosts that a tally names. */
const MAX_NAMED = 3

/** Returns some of the hosts that are missing, for a tally. */
export function someOf(missing: Iterable<string>): string[] {
  const some: string[] = []
  for (const host of missing) {
    if (some.length === MAX_NAMED) break
    some.push(host)
  }
  return some
}

/** Tells a wait for as long as a work lasts. */
export async function tellWhile<T>(tell: TellWait, wait: Wait, work: () => Promise<T>): Promise<T> {
  const end = tell(wait)
  try {
    return await work()
  } finally {
    end()
  }
}

/** Tells nobody of a wait. */
export const tellNobody: TellWait = () => () => {}

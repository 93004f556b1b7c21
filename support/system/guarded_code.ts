/** A function that ends by what it returns, by its promise, or by calling its last argument. */
export type Code = (this: unknown, ...args: unknown[]) => unknown

export interface Guard {
  /** Milliseconds that the code may take; a negative time is no limit. */
  limit: number
  /** The parameters that the code declares. Given as many arguments, the last of them a function, it calls that one. */
  parameters: number
  /** Takes what the code throws, rejects with or calls back with. What it throws takes that place; else the code passes. */
  failed: (error: unknown) => void
}

type Callback = (error: unknown, result?: unknown) => void

/** Returns code that fails when it takes too long, and whose every failure goes through one function. */
export function guardCode(code: Code, { limit, parameters, failed }: Guard): Code {
  return function (this: unknown, ...args: unknown[]) {
    const callback = args.at(-1)
    let end: Callback | undefined
    if (parameters === args.length && typeof callback === 'function') {
      end = limited(limit, (error: unknown, result?: unknown) => {
        // eslint-disable-next-line @typescript-eslint/no-unsafe-call
        callback(error === undefined || error === null ? error : settled(() => failed(error)), result)
      })
      args[args.length - 1] = end
    }
    try {
      const result = code.apply(this, args)
      return isThenable(result) ? inTime(limit, result).catch(failed) : result
    } catch (error) {
      // Cucumber waits for the callback even of code that has thrown.
      return end === undefined ? failed(error) : end(error)
    }
  }
}

/** Returns a callback that calls `callback` once, with an error when it is not called within `limit` milliseconds. */
function limited(limit: number, callback: Callback): Callback {
  let isOver = false
  const once: Callback = (error, result) => {
    if (isOver) return
    isOver = true
    clearTimeout(timer)
    callback(error, result)
  }
  const timer = limit >= 0 ? setTimeout(() => once(tooLong(limit)), limit) : undefined
  return once
}

function inTime(limit: number, work: PromiseLike<unknown>): Promise<unknown> {
  if (limit < 0) return Promise.resolve(work)
  return new Promise((fulfil, reject) => {
    const timer = setTimeout(() => reject(tooLong(limit)), limit)
    Promise.resolve(work)
      .finally(() => clearTimeout(timer))
      .then(fulfil, reject)
  })
}

function tooLong(limit: number): Error {
  return new Error(`it took longer than the ${limit} ms that it may take`)
}

function settled(work: () => void): unknown {
  try {
    work()
    return undefined
  } catch (error) {
    return error
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

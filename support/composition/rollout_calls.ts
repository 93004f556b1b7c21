import type { FailedCall } from '../run/team_faults'

/**
 * Keeps count of what the code of a scenario asks of a rollout. A line is over when all that it has asked for is over,
 * awaited or not. After its scenario nothing is asked any more.
 */
export class RolloutCalls {
  private readonly underWay = new Map<Promise<unknown>, string>()
  private readonly views = new WeakMap<object, object>()
  private refuse: ((name: string) => Error) | undefined
  private failure: FailedCall | undefined

  /** Returns a view of an object that counts each call of a method; parts that `isPart` names are counted too. */
  watch<T extends object>(target: T, isPart: (value: object) => boolean, name = 'this.rollout'): T {
    const known = this.views.get(target)
    if (known !== undefined) return known as T
    const view = new Proxy(target, {
      get: (_, key) => {
        const value: unknown = Reflect.get(target, key, target)
        const own = `${name}.${String(key)}`
        if (typeof value === 'function') return this.countCalls(value as Method, target, own)
        const goesOn = typeof value === 'object' && value !== null && isPart(value)
        return goesOn ? this.watch(value, isPart, own) : value
      },
      set: (_, key, value) => Reflect.set(target, key, value, target),
    })
    this.views.set(target, view)
    return view
  }

  /** Waits for all calls under way, and resolves with the name of the first; undefined where none was. */
  async settle(): Promise<string | undefined> {
    const [first] = this.underWay.values()
    while (this.underWay.size > 0) await Promise.allSettled(this.underWay.keys())
    return first
  }

  /** Returns the first call that has failed since this was asked last; a step may have kept the failure to itself. */
  takeFailure(): FailedCall | undefined {
    const { failure } = this
    this.failure = undefined
    return failure
  }

  /** Refuses all calls from now on. Each returns a promise rejected with the error that `refuse` makes of its name. */
  close(refuse: (name: string) => Error): void {
    this.refuse = refuse
  }

  private countCalls(method: Method, target: object, name: string): Method {
    return (...args) => {
      if (this.refuse !== undefined) return rejected(this.refuse(name))
      const failed = (error: unknown) => void (this.failure ??= { name, error })
      const result = callMethod(method, target, args, failed)
      if (result instanceof Promise) {
        const over = () => this.underWay.delete(result)
        this.underWay.set(result, name)
        result.then(over, (error: unknown) => {
          over()
          failed(error)
        })
      }
      return result
    }
  }
}

function callMethod(
  method: Method,
  target: object,
  args: unknown[],
  failed: (error: unknown) => void,
): unknown {
  try {
    return method.apply(target, args)
  } catch (error) {
    failed(error)
    throw error
  }
}

/**
 * Returns a rejected promise. Code that does not wait for it, such as a timer, must not end the process by it. The
 * refusal was reported by then.
 */
function rejected(error: Error): Promise<never> {
  const promise = Promise.reject<never>(error)
  promise.catch(() => {})
  return promise
}

type Method = (...args: unknown[]) => unknown

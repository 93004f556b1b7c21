import type { Added } from './extensions'
import type { Adding } from './refuse'

const NAME = /^[a-z][a-z0-9_-]*$/

/** Adds functions that a file exports by name. `what` names their kind in a sentence; `reserved` are Lockstep's own. */
export function addNamed<T>(
  all: Map<string, Added<T>>,
  what: string,
  exported: Readonly<Record<string, T>> | undefined,
  { file, refuse, reserved = [] }: Adding & { reserved?: readonly string[] },
): void {
  if (exported === undefined) return
  if (typeof exported !== 'object' || exported === null || Array.isArray(exported))
    return refuse(`its ${what}s are no object; expected a function by name`)
  for (const [name, make] of Object.entries(exported)) {
    if (!NAME.test(name))
      return refuse(
        `${JSON.stringify(name)} is no name of a ${what}; expected small letters, digits, - and _`,
      )
    if (reserved.includes(name)) return refuse(`Lockstep has a ${what} ${name} already; give it another name`)
    const twin = all.get(name)
    if (twin !== undefined) return refuse(`${twin.file} has a ${what} ${name} already; give it another name`)
    if (typeof make !== 'function')
      return refuse(`the ${what} ${name} is no function; expected one that makes it from its options`)
    all.set(name, { file, add: make })
  }
}

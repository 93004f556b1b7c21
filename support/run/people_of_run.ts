import * as v from 'valibot'

/** The variable by which `lockstep serve` tells a rollout which people of the console have begun and approved it. */
export const PEOPLE = 'LOCKSTEP_PEOPLE'

const name = v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/))
const people = v.strictObject({ begunBy: name, approvedBy: v.exactOptional(name) })

/** Takes the people of a run out of an environment, so that no other run has them, and returns them in words. */
export function takePeople(env: Record<string, string | undefined>): string | undefined {
  const told = env[PEOPLE] ?? ''
  delete env[PEOPLE]
  if (told === '') return undefined
  const read = v.safeParse(people, parse(told))
  if (!read.success) return undefined
  const { begunBy, approvedBy } = read.output
  return `${begunBy} (console)${approvedBy === undefined ? '' : `, approved by ${approvedBy} (console)`}`
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

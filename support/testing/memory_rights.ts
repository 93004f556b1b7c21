import type { Act, Policy } from '../people/person'
import type { RightsNow } from '../people/rights_now'

/** Rights that a test changes: all people have all of them, but those that are taken from them. */
export class MemoryRights implements RightsNow {
  /** The rights that people have lost, such as `bert approve`. */
  readonly lost = new Set<string>()
  /** Set while no one can tell. */
  isBroken = false

  faultOf({ name }: { name: string }, act: Act, environment: string): ReturnType<RightsNow['faultOf']> {
    if (this.isBroken) return { is: 'not known', why: 'the policy is not right' }
    return this.lost.has(`${name} ${act}`)
      ? { is: 'lost', why: `may not ${act} in ${environment} any more` }
      : undefined
  }
}

/** Returns rights by a policy that may change, of people with the groups that they had. */
export function rightsBy(policy: { readonly content: Policy | undefined }): RightsNow {
  return {
    faultOf(person, act, environment) {
      if (policy.content === undefined) return { is: 'not known', why: 'the policy is not right' }
      return policy.content.allows(person, act, environment)
        ? undefined
        : { is: 'lost', why: `may not ${act} in ${environment} any more` }
    },
  }
}

import type { FreshGroups } from './fresh_groups'
import { readPeople } from './people_file'
import { personInConsole, type Act, type Person } from './person'
import { policyOf } from './policy'
import { readRights } from './policy_file'

/** A person who did something earlier, with the groups that they had at that moment. */
export interface EarlierPerson extends Person {
  /** The moment, in ISO 8601. */
  at: string
}

/** The reason why a person does not have a right now. `lost`: it is sure. `not known`: a file that says it is not right. */
export interface RightFault {
  is: 'lost' | 'not known'
  /** The words behind a name and a comma, such as `may not approve in production any more`. */
  why: string
}

/** Says whether people still have a right, by what is written at this moment. */
export interface RightsNow {
  /** Returns why an act is not a right of a person now; undefined where it is. */
  faultOf(person: EarlierPerson, act: Act, environment: string): RightFault | undefined
}

/** Where rights are written. */
export interface RightsFiles {
  /** The file of people; undefined where a proxy or a provider names them. */
  people: string | undefined
  policy: string
  environments: readonly string[]
  /** Knows the groups of people whom a proxy or a provider names. */
  groups: FreshGroups
}

/** Returns rights that are read from their files each time they are asked for: what was known of them before does not count. */
export function rightsIn({ people, policy, environments, groups }: RightsFiles): RightsNow {
  return {
    faultOf(earlier, act, environment) {
      let person: Person | undefined
      try {
        person =
          people === undefined
            ? { name: earlier.name, groups: groups.since(earlier) }
            : readPeople(people).get(earlier.name)
      } catch {
        return unknown('the file of people is not right; lockstep user list says why')
      }
      if (person === undefined) return { is: 'lost', why: 'is not in the file of people any more' }
      try {
        if (policyOf(readRights(policy, environments)).allows(person, act, environment)) return undefined
      } catch {
        return unknown('the policy is not right; lockstep policy check says why')
      }
      return { is: 'lost', why: `may not ${act} in ${environment} any more` }
    },
  }
}

/** The rights where `lockstep.yaml` has no console: no one of it has any. */
export const NO_RIGHTS: RightsNow = {
  faultOf: () => ({ is: 'lost', why: 'is not known any more: lockstep.yaml has no console' }),
}

function unknown(why: string): RightFault {
  return { is: 'not known', why }
}

/** Returns a sentence, without its end, that says why a person cannot do now what they are about to do; undefined where they can. */
export function whyNotNow(
  person: EarlierPerson,
  act: Act,
  environment: string,
  rights: RightsNow,
): string | undefined {
  const fault = rights.faultOf(person, act, environment)
  if (fault === undefined) return undefined
  return fault.is === 'lost'
    ? `${person.name} ${fault.why}; another person has to ${act} it`
    : `it cannot be known whether ${person.name} may still ${act}: ${fault.why}`
}

/** Returns a sentence, without its end, that says why an approval is worth nothing now; undefined where it stands. */
export function whyNotStanding(
  approver: EarlierPerson,
  environment: string,
  rights: RightsNow,
): { is: RightFault['is']; sentence: string } | undefined {
  const fault = rights.faultOf(approver, 'approve', environment)
  if (fault === undefined) return undefined
  const { name } = approver
  const sentence =
    fault.is === 'lost'
      ? `${name}, who approved it, ${fault.why}; another person has to approve it`
      : `it cannot be known whether ${name}, who approved it, may still approve: ${fault.why}`
  return { is: fault.is, sentence }
}

/**
 * Returns why an approval of a plan of the pipeline is worth nothing now. One by `lockstep.yaml`, or by a user of a machine, is
 * not of the console: no policy says what they may.
 */
export function whyPlanNotApproved(
  { by, at, groups }: { by: string | null; at: string; groups: readonly string[] },
  environment: string,
  rights: RightsNow,
): ReturnType<typeof whyNotStanding> {
  const name = by === null ? undefined : personInConsole(by)
  return name === undefined ? undefined : whyNotStanding({ name, at, groups }, environment, rights)
}

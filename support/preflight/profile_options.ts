import { expectOptions } from '../config/settings'
import { isProfileName } from '../run/modes'
import { LockstepError } from '../system/errors'

/** The options of a team for its profiles, from cucumber.js. */
export interface ProfileOptions {
  /** A team's own step definitions, as cucumber's `require` takes them. */
  require?: readonly string[]
  /** Step definitions that are ES modules, as cucumber's `import` takes them. */
  import?: readonly string[]
  /** Modules to load first, such as ts-node/register for steps in TypeScript. */
  requireModule?: readonly string[]
  /** The path of the embedded fleet's description. */
  fleet?: string
  /** The team's own profiles, beside Lockstep's. */
  own?: Readonly<Record<string, object>>
}

const OPTIONS = Object.keys({
  require: true,
  import: true,
  requireModule: true,
  fleet: true,
  own: true,
} satisfies Record<keyof ProfileOptions, true>)

/** Returns why profiles cannot have these options; undefined where they can. */
export function faultOfProfileOptions(options: ProfileOptions): string | undefined {
  try {
    expectOptions('option of profiles()', options, OPTIONS)
  } catch (error) {
    if (error instanceof LockstepError) return error.message
    throw error
  }
  // Lockstep's profile would be used in the place of the team's, without a word.
  const taken = Object.keys(options.own ?? {}).find(isProfileName)
  return taken === undefined
    ? undefined
    : `the profile ${taken} is Lockstep's; give the one of your own another name: profiles({ own: { … } })`
}

import * as v from 'valibot'
import { LockstepError } from '../system/errors'
import { allowKnownKeys } from './known_keys'

const CLASS = 'a class, such as roles::base'
const CODENAMES = 'a list of codenames, such as [stable]'
const ENVIRONMENTS = 'a list of names of environments, such as [test]'

/** The schema of one package repository below `pipeline.packages`. */
export const packagesSetting = allowKnownKeys({
  hosts: allowKnownKeys({ class: v.pipe(v.string(CLASS), v.regex(/^[\w:.-]+$/, CLASS)) }),
  distributions: v.optional(
    v.pipe(
      v.array(v.pipe(v.string(CODENAMES), v.regex(/^[A-Za-z0-9][\w./+-]*$/, CODENAMES)), CODENAMES),
      v.minLength(1, CODENAMES),
    ),
  ),
  environments: v.pipe(v.array(v.string(ENVIRONMENTS), ENVIRONMENTS), v.minLength(1, ENVIRONMENTS)),
})

/** A package repository whose announcements have hosts refresh their package lists. */
export interface PackagesSettings {
  name: string
  hostClass: string
  environments: readonly string[]
  /** The codenames whose changes concern the hosts; undefined for all. */
  distributions?: readonly string[] | undefined
}

/**
 * Returns the package repositories of a pipeline.
 * @throws LockstepError `bad-config` for an environment that there is not
 */
export function resolvePackages(
  written: Readonly<Record<string, v.InferOutput<typeof packagesSetting>>>,
  environments: readonly string[],
  where: (...below: (string | number)[]) => string,
): PackagesSettings[] {
  return Object.entries(written).map(([name, { hosts, distributions, environments: own }]) => {
    const odd = own.findIndex((each) => !environments.includes(each))
    if (odd >= 0)
      throw new LockstepError(
        'bad-config',
        `${where('packages', name, 'environments', odd)}: there is no environment ${own[odd]}; expected one of: ${environments.join(', ') || 'none is configured'}`,
      )
    return { name, hostClass: hosts.class, environments: [...new Set(own)], distributions }
  })
}

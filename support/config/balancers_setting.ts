import * as v from 'valibot'
import { LockstepError } from '../system/errors'
import type { TeamOptions } from '../system/team_options'
import { duration } from './duration_setting'
import { allowKnownKeys } from './known_keys'
import { optionsSchema } from './team_options'

const BACKEND = 'the name of a backend, such as www'
const KIND = 'a kind of balancer that an extension has'

/** The schema of `balancers`: the pools behind balancers of a team. */
export const balancersSetting = v.array(
  allowKnownKeys({
    name: v.pipe(v.string(BACKEND), v.regex(/^[A-Za-z0-9_.:-]+$/, BACKEND)),
    kind: v.pipe(
      v.string(KIND),
      v.notValue('haproxy', 'another kind; the sockets of HAProxy stand in haproxy'),
      v.minLength(1, KIND),
    ),
    with: optionsSchema,
    within: v.optional(duration, '30 seconds'),
  }),
  'a list of balancers, each with name and kind',
)

/** A pool behind a balancer of a team, as it is configured. */
export interface TeamBalancerSettings {
  kind: string
  backend: string
  /** The place where it is configured, `path:line`. */
  where: string
  /** Milliseconds that one call of its code may take, and until hosts are as they were ordered to be. */
  within: number
  options: TeamOptions
  /** The options as they are written, without their secrets. */
  written: string
  secrets: readonly string[]
}

/**
 * Resolves the `balancers` of an environment.
 * @throws LockstepError `bad-config` for one that is there twice
 */
export function resolveBalancers(
  written: v.InferOutput<typeof balancersSetting>,
  where: (index: number) => string,
  readOptions: (options: TeamOptions, index: number) => { options: TeamOptions; secrets: readonly string[] },
): TeamBalancerSettings[] {
  return written.map(({ name, kind, with: options, within }, index) => {
    const first = written.findIndex((other) => other.name === name && other.kind === kind)
    if (first < index)
      throw new LockstepError(
        'bad-config',
        `${where(index)}: the ${kind} backend ${name} is there already, at ${where(first)}`,
      )
    return {
      kind,
      backend: name,
      where: where(index),
      within,
      written: JSON.stringify(options),
      ...readOptions(options, index),
    }
  })
}

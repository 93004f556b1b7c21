import type { KeyObject } from 'node:crypto'
import * as v from 'valibot'
import { LockstepError } from '../system/errors'
import { allowKnownKeys } from './known_keys'
import { misplacedKeys } from './runner_build_setting'
import { idOfKey, parsePublicKey, publicKeySetting } from './signing_keys'

/** The most milliseconds that a runner lets a build take. */
export const MAX_WITHIN_MS = 7 * 86_400_000

const NAME = 'a name of letters, digits, ., - and _'

/** The schema of `pipeline.runners`: who may say how tests went. */
export const runnersSetting = v.record(
  v.pipe(v.string(), v.regex(/^[A-Za-z0-9][\w.-]{0,63}$/, NAME)),
  allowKnownKeys({
    key: publicKeySetting,
    repositories: v.optional(v.array(v.string(), 'a list of names of repositories')),
  }),
  'names of runners, each with its key',
)

/** A runner whose results count. */
export interface KnownRunner {
  name: string
  key: KeyObject
  /** The repositories of which its results count; undefined for all. */
  repositories: readonly string[] | undefined
}

/** Returns whether the results of a runner count for a repository. */
export function mayReport({ repositories }: KnownRunner, repository: string): boolean {
  return repositories?.includes(repository) ?? true
}

/**
 * Returns the runners by the names of their keys.
 * @throws LockstepError `bad-config` where two have one key: nobody could tell them apart
 */
export function resolveRunners(
  written: v.InferOutput<typeof runnersSetting>,
  known: readonly string[],
  where: (name: string) => string,
): ReadonlyMap<string, KnownRunner> {
  const runners = new Map<string, KnownRunner>()
  for (const [name, { key: text, repositories }] of Object.entries(written)) {
    const key = parsePublicKey(text)
    if (key === undefined) continue
    const odd = repositories?.find((each) => !known.includes(each))
    if (odd !== undefined)
      throw new LockstepError(
        'bad-config',
        `${where(name)}: there is no repository ${JSON.stringify(odd)}; there are: ${known.join(', ')}`,
      )
    const other = runners.get(idOfKey(key))
    if (other !== undefined)
      throw new LockstepError(
        'bad-config',
        `${where(name)}: ${other.name} has the same key; expected a key for each runner`,
      )
    runners.set(idOfKey(key), { name, key, repositories })
  }
  return runners
}

/**
 * Expects all that builds by runners need: a broker, and runners to believe. What a build may see on a runner is not said
 * here, since a message would have to carry it there.
 * @throws LockstepError `bad-config`
 */
export function expectRunners(
  ci:
    | {
        by?: string | undefined
        user?: string | undefined
        environment?: readonly string[] | undefined
        within?: number | undefined
      }
    | undefined,
  { hasBus, runnerCount }: { hasBus: boolean; runnerCount: number },
  where: string,
): void {
  if (ci?.by === undefined) return
  const refuse = (what: string) => new LockstepError('bad-config', `${where}: ${what}`)
  if (!hasBus)
    throw refuse(
      'by: runners needs a broker that carries orders to them; expected pipeline.bus, such as bus: { environment: production }',
    )
  if (runnerCount === 0)
    throw refuse(
      'by: runners needs somebody whose results count; expected pipeline.runners, such as runners: { builder1: { key: MCow… } }',
    )
  if (ci.within !== undefined && ci.within > MAX_WITHIN_MS)
    throw refuse(`within is longer than 7 days, and no runner takes such an order; expected 7 days or less`)
  const [misplaced] = misplacedKeys(ci)
  if (misplaced !== undefined)
    throw refuse(
      `${misplaced} beside by: runners is for each runner to say; move it to runner.${misplaced === 'user' ? 'user' : 'repositories'} of its own lockstep.yaml`,
    )
}

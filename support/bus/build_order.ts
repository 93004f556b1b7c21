import * as v from 'valibot'
import { MAX_WITHIN_MS } from '../config/runners_setting'
import { isRefName } from '../pipeline/ref_name'
import type { RunnerOrder } from '../pipeline/runner_report'
import { OBJECT_ID, REPOSITORY_NAME } from '../system/git_names'
import { openSealed, parseDocument, type Arrived, type BelievedKey } from './sealed'

/** The most bytes of an order. */
const MAX_ORDER = 256 * 1024

const said = (is: string) => v.pipe(v.string(), v.description(is))
/** The id of a build becomes the name of a folder. */
export const buildId = v.pipe(v.string(), v.regex(/^[0-9a-zA-Z][0-9a-zA-Z-]{0,63}$/))

/** The form of an order to runners. A change that breaks a reader has a new number. */
export const buildOrder = v.strictObject({
  schema: v.literal('lockstep/build-order/1'),
  build: v.pipe(buildId, v.description('the id of the build, of this one attempt')),
  at: said('when it was published, in ISO 8601'),
  repository: v.pipe(v.string(), v.regex(REPOSITORY_NAME), v.description('its name in lockstep.yaml')),
  commit: v.pipe(v.string(), v.regex(OBJECT_ID), v.description('the id of the commit, whole')),
  ref: v.pipe(
    v.string(),
    v.check((ref) => /^refs\/(?:heads|tags)\//.test(ref) && isRefName(ref)),
    v.description('a ref that the commit was pushed to: text of those who push'),
  ),
  url: said(
    'the address without its password; a runner fetches from its own, and expects both to be the same',
  ),
  command: v.pipe(
    v.array(v.pipe(v.string(), v.regex(/^[^\0]*$/))),
    v.minLength(1),
    v.description('the program that tests the commit, and its arguments'),
  ),
  within: v.pipe(
    v.number(),
    v.minValue(1),
    v.maxValue(MAX_WITHIN_MS),
    v.description('the milliseconds that it may take on the runner'),
  ),
})

/** Returns the document of an order. */
export function documentOfOrder(order: RunnerOrder, now: number): v.InferOutput<typeof buildOrder> {
  const { command, ...rest } = order
  return {
    schema: 'lockstep/build-order/1',
    at: new Date(now).toISOString(),
    ...rest,
    command: [...command],
  }
}

/** The reason why an order cannot be carried out, and the build that it claims to be of where nobody is believed to say so. */
interface RefusedOrder {
  why: string
  claimed?: Pick<RunnerOrder, 'build' | 'repository' | 'commit'> | undefined
}

/** Reads an order from the queue of a repository; or returns why it can never be carried out. */
export function readOrder(
  message: Arrived,
  believed: ReadonlyMap<string, BelievedKey>,
  repository: string,
): RunnerOrder | RefusedOrder {
  const opened = openSealed(message, believed, MAX_ORDER)
  if ('why' in opened) return { ...opened, claimed: claimOf(message) }
  const read = v.safeParse(buildOrder, parseDocument(opened.body))
  if (!read.success) return { why: 'is signed well, and is no order of the form lockstep/build-order/1' }
  if (read.output.repository !== repository)
    return { why: `is an order for ${read.output.repository} on the queue of ${repository}` }
  const { build, commit, ref, url, command, within } = read.output
  return { build, repository, commit, ref, url, command, within }
}

/** Returns the build that a message says it orders; it may be forged. */
function claimOf({ body, dropped }: Arrived): RefusedOrder['claimed'] {
  if ((dropped ?? body.length) > MAX_ORDER) return undefined
  const read = v.safeParse(buildOrder, parseDocument(body))
  if (!read.success) return undefined
  const { build, repository, commit } = read.output
  return { build, repository, commit }
}

import type { ProcessContext } from '../config/mcollective_cfg'
import { LockstepError } from '../system/errors'

/** The environment variable that marks a run begun by another one, and says why, as JSON. */
export const BEGUN_BY = 'LOCKSTEP_BEGUN_BY'

/** A fault of one host in one rehearsal. `host` may be `first host` or `last host`. */
export interface RehearsedFault {
  host: string
  /** The fault in the words of a feature, such as `stops answering`. */
  fault: string
  /** A part of the line that the fault begins with; undefined when it is there from the beginning. */
  during?: string | undefined
}

/** The reason why a run begins another one. */
export type Purpose =
  /** Compares an approved plan with the changes that would be made now. */
  | { why: 'plan' }
  /** Expects a second run from the first line to change nothing. */
  | { why: 'idempotence' }
  | { why: 'rehearsal'; fault: RehearsedFault }
  /** Looks whether hosts still are as the run of a journal left them. */
  | { why: 'drift'; journal: string }

/** Why a run was begun by another one, and the folder of what it leaves, which is gone once that was read. */
export type Errand = Purpose & { reports: string }

/** The members of each errand, beside its reason and its folder. */
const MEMBERS: Readonly<Record<Purpose['why'], readonly string[]>> = {
  plan: [],
  idempotence: [],
  rehearsal: ['fault'],
  drift: ['journal'],
}

/**
 * Returns the errand of a run that another run has begun; undefined for a run that a person has begun.
 * @throws LockstepError `bad-input` for what no run has written
 */
export function errandIn(env: ProcessContext['env']): Errand | undefined {
  const said = env[BEGUN_BY] ?? ''
  if (said === '') return undefined
  const read = parseJson(said)
  if (isErrand(read)) return read
  throw new LockstepError(
    'bad-input',
    `${BEGUN_BY} is set by Lockstep alone, for the runs that it begins; leave it out; nothing was sent`,
  )
}

function isErrand(read: unknown): read is Errand {
  if (typeof read !== 'object' || read === null || !('why' in read) || !('reports' in read)) return false
  const { why, reports } = read
  if (typeof why !== 'string' || typeof reports !== 'string' || !Object.hasOwn(MEMBERS, why)) return false
  return MEMBERS[why as Purpose['why']].every((name) => name in read)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

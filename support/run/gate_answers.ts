import { lstatSync, rmSync, statSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import { makeFolder } from '../system/folders'
import { readForeignFile } from '../system/regular_file'
import { writeWhole } from '../system/whole_file'

/** The answer of a person to one gate of one run, as the console of `lockstep serve` leaves it for the run. */
export interface GateAnswer {
  run: string
  gate: string
  person: string
  answer: 'approve' | 'refuse'
  /** The moment of the answer, in ISO 8601. */
  at: string
}

const SHAPE = v.strictObject({
  run: v.string(),
  gate: v.string(),
  person: v.pipe(v.string(), v.minLength(1), v.maxLength(200)),
  answer: v.picklist(['approve', 'refuse']),
  at: v.string(),
})
const RUN = /^[\w.-]{1,80}$/
const GATE = /^[0-9a-f]{16}$/
const MAX_BYTES = 4_096
const OF_OTHERS = 0o077

/**
 * Leaves an answer in a folder of the state that nobody but this user can read or write.
 * @throws Error of the system where it cannot be written
 */
export function writeGateAnswer(state: string, answer: GateAnswer): void {
  makeFolder(folderIn(state), 0o700)
  writeWhole(pathOf(state, answer), JSON.stringify(answer), 0o600)
}

/** The reason why nothing answers a gate. `isClosed`: the folder of answers is one of another user, closed to this one. */
export interface GateFault {
  fault: string
  isClosed?: true
}

/**
 * Returns the answer to a gate; undefined while there is none, and why a file in its place does not count. It counts only
 * where file and folder are of this user, of root, or of the owner of the state folder, and of no use to anyone else.
 */
export function readGateAnswer(
  state: string,
  wanted: Pick<GateAnswer, 'run' | 'gate'>,
): GateAnswer | GateFault | undefined {
  const path = pathOf(state, wanted)
  try {
    const owners = new Set([process.geteuid?.(), 0, statSync(state).uid])
    const folder = lstatSync(folderIn(state))
    if (!folder.isDirectory()) return { fault: `${folderIn(state)} is no folder` }
    const why = faultOf(folder, owners)
    if (why !== undefined) return { fault: `${folderIn(state)} ${why}` }
    const before = lstatSync(path)
    if (!before.isFile()) return { fault: `${path} is no file` }
    const whyNot = faultOf(before, owners)
    if (whyNot !== undefined) return { fault: `${path} ${whyNot}` }
    const read = v.safeParse(SHAPE, JSON.parse(readForeignFile(path, MAX_BYTES).toString('utf8')))
    if (!read.success) return { fault: `${path} has another shape` }
    const isWanted = read.output.run === wanted.run && read.output.gate === wanted.gate
    return isWanted ? read.output : { fault: `${path} is the answer to another gate` }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    const fault = `${path} cannot be read: ${(error as Error).message}`
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? { fault, isClosed: true } : { fault }
  }
}

/** Removes an answer that was taken or came too late; one that cannot be removed answers nothing else. */
export function removeGateAnswer(state: string, answered: Pick<GateAnswer, 'run' | 'gate'>): void {
  try {
    rmSync(pathOf(state, answered), { force: true })
  } catch {
    // Each gate has a name of its own.
  }
}

function faultOf({ uid, mode }: Stats, owners: ReadonlySet<number | undefined>): string | undefined {
  if (!owners.has(uid)) return `belongs to user ${uid}`
  return (mode & OF_OTHERS) === 0 ? undefined : 'can be used by others'
}

function folderIn(state: string): string {
  return join(state, 'console', 'answers')
}

function pathOf(state: string, { run, gate }: Pick<GateAnswer, 'run' | 'gate'>): string {
  if (!RUN.test(run) || !GATE.test(gate)) throw new Error('a gate has no such name')
  return join(folderIn(state), `${run}.${gate}.json`)
}

import { clearLine, createInterface, cursorTo } from 'node:readline'
import { readGateAnswer } from '../run/gate_answers'
import type { GateMeans } from '../rollout/model/gate'
import { pause, type Clock } from '../system/clock'
import { LockstepError } from '../system/errors'
import { readRegularFile } from '../system/regular_file'
import { discardTypedAhead } from '../system/typed_ahead'

/** The answer of a person to a gate. */
export interface Answer {
  outcome: 'approved' | 'refused'
  by: string
  means: GateMeans
}

export interface WayOptions {
  run: string
  /** The folder of the state, as an absolute path: the console leaves its answers there. */
  state: string
  user: string
  clock: Clock
  say: (text: string) => void
}

/** Waits for the answer to a gate. It rejects once the signal is aborted. */
export type Way = (
  asked: { question: string; gate: string },
  signal: AbortSignal,
  options: WayOptions,
) => Promise<Answer>

const LOOK_EVERY_MS = 200

/**
 * Waits beside another way for the answer that the console of `lockstep serve` leaves in the folder of the state. A console
 * of another user, which cannot answer, is not mentioned: the run has a way of its own.
 */
export const byConsole: Way = (asked, signal, options) => waitForConsole(asked, signal, options, false)

async function waitForConsole(
  { gate }: { gate: string },
  signal: AbortSignal,
  { run, state, clock, say }: WayOptions,
  tellsClosed: boolean,
): Promise<Answer> {
  let told = ''
  for (;;) {
    const found = readGateAnswer(state, { run, gate })
    const isTold = found !== undefined && 'fault' in found && (tellsClosed || found.isClosed !== true)
    if (isTold && found.fault !== told) {
      told = found.fault
      say(`This answers nothing: ${told}`)
    }
    if (found !== undefined && 'answer' in found)
      return {
        outcome: found.answer === 'approve' ? 'approved' : 'refused',
        by: found.person,
        means: 'console',
      }
    await pause(clock, LOOK_EVERY_MS, signal)
  }
}

/** Waits for the console alone, and says where a person answers. */
export const byConsoleAlone: Way = (asked, signal, options) => {
  const { say, run } = options
  say(
    `${asked.question} To answer: open /rollouts/${run}/gates/${asked.gate} in the console of lockstep serve`,
  )
  return waitForConsole(asked, signal, options, true)
}

/** Returns how a file is waited for that says `<run> <who>`. */
export function byFile(path: string): Way {
  return async ({ question }, signal, { run, clock, say }) => {
    say(`${question} To approve: echo "${run} <your name>" > ${path}; to refuse: echo "${run} no" > ${path}`)
    for (;;) {
      const [named, ...who] = answerIn(path).trim().split(/\s+/)
      if (named === run && who.length > 0) return answerOf(who.join(' '), 'file')
      await pause(clock, LOOK_EVERY_MS, signal)
    }
  }
}

/**
 * Returns the text of the approval file; empty while there is no file.
 * @throws LockstepError `gate-closed` for a path that could never be read, such as a pipe
 */
function answerIn(path: string): string {
  try {
    return readRegularFile(path).toString('utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    const why = (error as Error).message
    throw closed(`LOCKSTEP_APPROVAL names ${path}, which cannot be read: ${why}`, error)
  }
}

/**
 * Hears SIGUSR2 for the rest of the process, without an effect: the system would end a run that does not hear it. It may
 * come before its gate waits, or after the gate was answered elsewhere.
 */
export function hearSignalAlways(): void {
  if (!process.listeners('SIGUSR2').includes(ignore)) process.on('SIGUSR2', ignore)
}

function ignore(): void {}

export const bySignal: Way = async ({ question }, signal, { say }) => {
  signal.throwIfAborted()
  let hear = () => {}
  try {
    await new Promise<void>((resolve, reject) => {
      hear = resolve
      process.once('SIGUSR2', hear)
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
      // Who reads this sends it at once.
      say(`${question} To approve: kill -USR2 ${process.pid}`)
    })
    return { outcome: 'approved', by: 'signal SIGUSR2', means: 'signal' }
  } finally {
    process.off('SIGUSR2', hear)
  }
}

export const byTerminal: Way = async ({ question }, signal, { user, clock }) => {
  signal.throwIfAborted()
  const interrupt = () => void process.kill(process.pid, 'SIGINT')
  // A person may have typed an answer to a gate that was answered elsewhere meanwhile.
  await discardTypedAhead(process.stdin, clock, signal, interrupt)
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await new Promise<Answer>((resolve, reject) => {
      lines.question(`\n    ${question} [y/N] `, (text) => {
        const isYes = ['y', 'yes'].includes(text.trim().toLowerCase())
        resolve({ outcome: isYes ? 'approved' : 'refused', by: user, means: 'terminal' })
      })
      // At the terminal readline hears Ctrl-C.
      lines.once('SIGINT', interrupt)
      signal.addEventListener(
        'abort',
        () => {
          // A question that was answered elsewhere does not stay as if it could be answered here.
          clearLine(process.stderr, 0)
          cursorTo(process.stderr, 0)
          reject(signal.reason as Error)
        },
        { once: true },
      )
    })
  } finally {
    lines.close()
  }
}

function answerOf(who: string, means: GateMeans): Answer {
  const isNo = /^no?$/i.test(who)
  return { outcome: isNo ? 'refused' : 'approved', by: isNo ? 'someone' : who, means }
}

export function closed(message: string, cause?: unknown): LockstepError {
  return new LockstepError('gate-closed', `${message}; no host was touched since`, { cause })
}

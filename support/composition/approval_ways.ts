import { clearLine, createInterface, cursorTo } from 'node:readline'
import { readGateAnswer } from '../run/gate_answers'
import type { GateMeans } from '../rollout/model/gate'
import { pause, type Clock } from '../system/clock'
import { LockstepError } from '../system/errors'
import { readRegularFile } from '../system/regular_file'

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

/** Waits for the answer that the console of `lockstep serve` leaves in the folder of the state. */
export const byConsole: Way = async ({ gate }, signal, { run, state, clock, say }) => {
  let told = ''
  for (;;) {
    const found = readGateAnswer(state, { run, gate })
    if (found !== undefined && 'fault' in found && found.fault !== told) {
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
  return byConsole(asked, signal, options)
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

export const bySignal: Way = async ({ question }, signal, { say }) => {
  signal.throwIfAborted()
  say(`${question} To approve: kill -USR2 ${process.pid}`)
  let hear = () => {}
  try {
    await new Promise<void>((resolve, reject) => {
      hear = resolve
      process.once('SIGUSR2', hear)
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
    })
    return { outcome: 'approved', by: 'signal SIGUSR2', means: 'signal' }
  } finally {
    process.off('SIGUSR2', hear)
  }
}

export const byTerminal: Way = async ({ question }, signal, { user }) => {
  signal.throwIfAborted()
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await new Promise<Answer>((resolve, reject) => {
      lines.question(`\n    ${question} [y/N] `, (text) => {
        const isYes = ['y', 'yes'].includes(text.trim().toLowerCase())
        resolve({ outcome: isYes ? 'approved' : 'refused', by: user, means: 'terminal' })
      })
      // At the terminal readline hears Ctrl-C.
      lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'))
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

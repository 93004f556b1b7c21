import { createInterface } from 'node:readline'
import { pause, type Clock } from '../system/clock'
import { formatDuration } from '../system/duration'
import { LockstepError } from '../system/errors'
import { readRegularFile } from '../system/regular_file'
import { tellWhile, type TellWait } from '../system/wait'
import type { Approval } from '../rollout/ports'

export interface ApprovalOptions {
  run: string
  /** The value of LOCKSTEP_APPROVAL: a file to wait for, or `signal`. */
  means: string | undefined
  terminal: boolean
  user: string
  clock: Clock
  stopping: AbortSignal
  say: (text: string) => void
  tellWait: TellWait
}

const LOOK_EVERY = 200

/**
 * Returns how a run gets its approval: from a file, by a signal, or at the terminal. Where LOCKSTEP_APPROVAL names a
 * file, the run waits until it says `<run> <who>`; where it is `signal`, for SIGUSR2. Otherwise the run asks at the
 * terminal. A file of an earlier run approves nothing, since it names that run.
 */
export function approval(options: ApprovalOptions): Approval {
  const ask = askBy(options)
  return {
    ask: (question, within) =>
      tellWhile(options.tellWait, { what: 'approval', withinMs: within }, () => ask(question, within)),
  }
}

function askBy(options: ApprovalOptions): Approval['ask'] {
  const { means, terminal } = options
  return async (question, within) => {
    if (means === 'signal') return bySignal(question, within, options)
    if (means !== undefined && means !== '') return byFile(means, question, within, options)
    if (terminal) return byTerminal(question, within, options)
    throw closed(
      'approval is asked for, and there is nobody to ask: no terminal, and LOCKSTEP_APPROVAL names neither a file nor "signal"',
    )
  }
}

/** Returns how a rehearsal gets its approval: nobody is asked about simulated hosts, and the lines behind are tried. */
export function approvalOfRehearsal(note: (text: string) => void): Approval {
  return {
    async ask(question) {
      note(`not now: in a rollout, a person would be asked: ${question}`)
      return 'nobody, in a rehearsal'
    },
  }
}

async function byFile(
  path: string,
  question: string,
  within: number,
  options: ApprovalOptions,
): Promise<string> {
  const { run, clock, stopping, say } = options
  say(`${question} To approve: echo "${run} <your name>" > ${path}; to refuse: echo "${run} no" > ${path}`)
  const until = clock.elapsed() + within
  for (;;) {
    const [named, ...who] = answerIn(path).trim().split(/\s+/)
    if (named === run && who.length > 0) return expectName(who.join(' '))
    if (clock.elapsed() > until) throw late(within)
    await waitFor(clock, LOOK_EVERY, stopping)
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

async function bySignal(question: string, within: number, options: ApprovalOptions): Promise<string> {
  const { clock, stopping, say } = options
  const heard = new AbortController()
  const hear = () => heard.abort()
  process.once('SIGUSR2', hear)
  say(`${question} To approve: kill -USR2 ${process.pid}`)
  try {
    await pause(clock, within, AbortSignal.any([stopping, heard.signal]))
  } catch {
    if (heard.signal.aborted) return 'signal SIGUSR2'
    throw interrupted()
  } finally {
    process.off('SIGUSR2', hear)
  }
  throw late(within)
}

async function byTerminal(question: string, within: number, options: ApprovalOptions): Promise<string> {
  const { clock, stopping, user } = options
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  const answered = new AbortController()
  let answer = ''
  lines.question(`\n    ${question} [y/N] `, (text) => {
    answer = text.trim().toLowerCase()
    answered.abort()
  })
  // At the terminal readline hears Ctrl-C.
  lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  try {
    await pause(clock, within, AbortSignal.any([stopping, answered.signal]))
  } catch {
    if (!answered.signal.aborted) throw interrupted()
    return expectName(answer === 'y' || answer === 'yes' ? user : 'no')
  } finally {
    lines.close()
  }
  throw late(within)
}

function expectName(who: string): string {
  if (/^no?$/i.test(who)) throw closed('approval was refused')
  return who
}

async function waitFor(clock: Clock, ms: number, stopping: AbortSignal): Promise<void> {
  try {
    await pause(clock, ms, stopping)
  } catch {
    throw interrupted()
  }
}

function closed(message: string, cause?: unknown): LockstepError {
  return new LockstepError('gate-closed', `${message}; no host was touched since`, { cause })
}

function late(within: number): LockstepError {
  return closed(`nobody approved within ${formatDuration(within)}`)
}

function interrupted(): LockstepError {
  return new LockstepError('interrupted', 'the operator asked to stop while approval was waited for')
}

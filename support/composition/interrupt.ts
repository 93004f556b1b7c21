import { closeSync, fstatSync, openSync } from 'node:fs'
import { isatty } from 'node:tty'
import { EXIT } from '../system/errors'
import type { Run } from '../run/run'

/** The signals that ask a run to end: by Ctrl-C, by a service manager, or since the terminal was closed. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Listens for the operator's wish to stop, and returns a function that stops listening. Ctrl-C once lets the step under
 * way end and starts no other; `stop` does that. Ctrl-C twice, or SIGQUIT, ends the process at once. The journal is on
 * disk either way. As often as the console was asked to stop the run too, one of the signals is its own: neither that nor a
 * Ctrl-C of the same moment counts as the second wish of one person.
 */
export function onInterrupt(
  run: Run,
  {
    stop = () => run.interrupt(),
    stopWishes = () => 0,
    exit = (code) => process.exit(code),
    say = (text) => process.stderr.write(text),
  }: {
    stop?: () => void
    stopWishes?: () => number
    exit?: (code: number) => void
    say?: (text: string) => void
  } = {},
): () => void {
  let again = 0
  const heard = (signal: NodeJS.Signals) => {
    if (run.stopping.signal.aborted) {
      // A closed terminal often sends two signals, from the shell and from the system. Neither may cut the run off.
      if (signal === 'SIGHUP') return
      again += 1
      if (again > stopWishes()) return exit(EXIT.interrupted)
      say('\nThe console was asked to stop this run too. Ctrl-C again stops at once.\n')
      return
    }
    say(
      '\nStopping after this step.\nCtrl-C again stops at once, and leaves the outcome of the step unknown.\n',
    )
    if (signal === 'SIGHUP') process.once('exit', leaveLostTerminals)
    stop()
  }
  const atOnce = () => {
    run.interrupt()
    exit(EXIT.interrupted)
  }
  for (const signal of SIGNALS) process.on(signal, heard)
  process.on('SIGQUIT', atOnce)
  return () => {
    process.off('SIGQUIT', atOnce)
    for (const signal of SIGNALS) process.off(signal, heard)
  }
}

/**
 * Gives up terminals that were closed, before Node ends: Node sets terminals back then, and aborts (SIGABRT) over
 * these.
 */
function leaveLostTerminals(): void {
  for (const stream of [0, 1, 2]) {
    try {
      if (!fstatSync(stream).isCharacterDevice() || isatty(stream)) continue
      closeSync(stream)
      openSync('/dev/null', 'r+')
    } catch {
      // The stream is closed already.
    }
  }
}

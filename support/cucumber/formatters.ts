import type { Envelope } from '@cucumber/messages'
import { ReadingScreen } from '../reporting/console/reading'
import type { Paper } from '../reporting/console/sheet'
import { showOn } from '../reporting/console/terminal'
import { session } from '../composition/session'
import { idleClock } from '../system/clock'

type FormatterContext = Pick<Paper, 'stream' | 'write'> & {
  on: (event: 'message', handler: (envelope: Envelope) => void) => void
}

/** Shows a run to a person, as it goes on. */
export const terminal = {
  type: 'formatter' as const,
  formatter({ stream, write }: FormatterContext) {
    const { run, surroundings, begunWith } = session()
    const paper = { env: surroundings.env, clock: idleClock, shared: [process.stdout, process.stderr] }
    // A person reads the standard error where the standard output is for programs.
    if (begunWith?.json === true) return showOn({ ...paper, stream: process.stderr, write: onError }, run)
    return showOn({ ...paper, stream, write }, run)
  },
}

/** Shows a run that only reads features. */
export const reading = {
  type: 'formatter' as const,
  formatter({ on, write }: FormatterContext) {
    const screen = new ReadingScreen(session().run, session().begunWith?.json === true ? onError : write)
    on('message', (envelope) => screen.hear(envelope))
  },
}

function onError(text: string): void {
  process.stderr.write(text)
}

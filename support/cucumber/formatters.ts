import type { Envelope } from '@cucumber/messages'
import { ReadingScreen } from '../reporting/console/reading'
import { showOn, type Paper } from '../reporting/console/terminal'
import { session } from '../composition/session'

type FormatterContext = Omit<Paper, 'env'> & {
  on: (event: 'message', handler: (envelope: Envelope) => void) => void
}

/** Shows a run to a person, as it goes on. */
export const terminal = {
  type: 'formatter' as const,
  formatter({ stream, write }: FormatterContext) {
    const { run, surroundings } = session()
    showOn({ stream, write, env: surroundings.env }, run)
  },
}

/** Shows a run that only reads features. */
export const reading = {
  type: 'formatter' as const,
  formatter({ on, write }: FormatterContext) {
    const screen = new ReadingScreen(session().run, write)
    on('message', (envelope) => screen.hear(envelope))
  },
}

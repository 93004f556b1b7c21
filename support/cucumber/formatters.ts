import type { Envelope } from '@cucumber/messages'
import { ReadingScreen } from '../reporting/console/reading'
import { screenOf, type Paper } from '../reporting/console/terminal'
import { session } from './session'

type FormatterContext = Omit<Paper, 'env'> & {
  on: (event: 'message', handler: (envelope: Envelope) => void) => void
}

/** Shows a run to a person, as it goes on. */
export const terminal = {
  type: 'formatter' as const,
  formatter({ on, stream, write }: FormatterContext) {
    const { run, surroundings } = session()
    const screen = screenOf(run, { stream, write, env: surroundings.env })
    on('message', (envelope) => screen.hear(envelope))
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

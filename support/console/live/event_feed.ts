import type { Feed } from './client_stream'
import type { RunEvents } from './run_events'
import type { Watcher } from './watcher'

/** The characters of events that are made at a time. */
const AT_A_TIME = 16 * 1024

/** Feeds a program with the events of a run, each once, with its place in the journal for its id. */
export function eventFeed(watcher: Pick<Watcher, 'isClosed' | 'view'>, events: RunEvents): Feed {
  return {
    next() {
      const texts: string[] = []
      for (let length = 0; length < AT_A_TIME;) {
        const found = events.next()
        if (found === undefined) break
        // JSON has no line break in it, not even of a host.
        const text = `id: ${found.offset}\ndata: ${JSON.stringify({ offset: found.offset, event: found.entry })}\n\n`
        texts.push(text)
        length += text.length
      }
      return texts.length === 0 ? undefined : Buffer.from(texts.join(''))
    },
    isOver: () => watcher.isClosed || events.fault !== undefined,
    end() {
      const { course, fault: seen } = watcher.view
      const fault = events.fault ?? seen
      const how = fault === undefined ? { course } : { course: 'broken', fault }
      return `event: end\nid: ${events.offset}\ndata: ${JSON.stringify(how)}\n\n`
    },
    beat: ': beat\n\n',
  }
}

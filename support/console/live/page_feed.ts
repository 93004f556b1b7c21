import type { Feed } from './client_stream'
import { formatPlace, type PartChanges, type Place } from './part_book'
import type { Watcher } from './watcher'

/**
 * Feeds a page: with what changes of it. A client that reads slowly gets several changes as one, so that no more than one event
 * waits for it. `from` is the place that the client knows; undefined for one that knows nothing.
 */
export function pageFeed(watcher: Pick<Watcher, 'book' | 'isClosed'>, from: Place | undefined): Feed {
  const { book } = watcher
  let version: number | undefined
  return {
    next() {
      const changes = version === undefined ? book.sincePlace(from) : book.since(version)
      version = book.version
      return changes && encodeChanges(changes)
    },
    isOver: () => watcher.isClosed,
    end: () => `event: end\nid: ${formatPlace(book.place)}\ndata: {}\n\n`,
    // A script sees no comment: the event tells it that silence is not the end of the connection.
    beat: ': beat\nevent: beat\ndata: {}\n\n',
  }
}

const ENCODER = new TextEncoder()

/** The events of changes, as bytes: clients that do not read share them, so that a huge page is in memory once. */
const ENCODED = new WeakMap<PartChanges, Uint8Array>()

function encodeChanges(changes: PartChanges): Uint8Array {
  const bytes = ENCODED.get(changes) ?? ENCODER.encode(formatChanges(changes))
  ENCODED.set(changes, bytes)
  return bytes
}

/** Formats changes as an event. JSON has no line break in it, not even of a host. */
function formatChanges({ place, parts, order }: PartChanges): string {
  return `event: parts\nid: ${formatPlace(place)}\ndata: ${JSON.stringify({ parts, order })}\n\n`
}

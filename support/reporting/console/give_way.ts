import type { LiveRows } from './live_rows'

/** A stream that others write to as well. */
export type SharedStream = Pick<NodeJS.WritableStream, 'write'> & { isTTY?: boolean }

/**
 * Lets live rows give way to all that is written to these streams, as far as they are terminals: by steps of a team, by a
 * question, by the answer to Ctrl-C. Returns a function that leaves the streams as they were.
 */
export function giveWayTo(streams: readonly SharedStream[], rows: LiveRows): () => void {
  const restored = streams.filter(({ isTTY }) => isTTY === true).map((stream) => watch(stream, rows))
  return () => restored.forEach((restore) => restore())
}

function watch(stream: SharedStream, rows: LiveRows): () => void {
  const { write } = stream
  const watched = function (...args: Parameters<typeof write>): boolean {
    const [chunk] = args as [string | Uint8Array]
    return rows.giveWay(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString(), () =>
      write.apply(stream, args),
    )
  } as typeof write
  stream.write = watched
  return () => {
    if (stream.write === watched) stream.write = write
  }
}

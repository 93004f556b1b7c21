import { createColors } from 'picocolors'
import type { Clock } from '../../system/clock'
import type { TellWait } from '../../system/wait'
import type { EventStream } from '../../run/event_stream'
import { isColoured, isLively } from './colour'
import { openSheet } from './sheet'
import { WaitingLine } from './waiting_line'

/** The terminal, or else the file, that a command says beside its output what it waits for. */
export interface WaitsPaper {
  stream: NodeJS.WritableStream & { isTTY?: boolean; columns?: number }
  env: Readonly<Record<string, string | undefined>>
  clock: Clock
  redact: (text: string) => string
}

/** Shows what a command waits for while it lasts. */
export async function showWaits<T>(
  { stream, env, clock, redact }: WaitsPaper,
  work: (tellWait: TellWait) => Promise<T>,
): Promise<T> {
  const sheet = openSheet({ stream, write: stream.write.bind(stream), env, shared: [stream] }, redact)
  const { dim } = createColors(isColoured(isLively(stream, env), env))
  const waiting = new WaitingLine({ ...sheet, line: (text) => sheet.print(`${text}\n`), dim }, clock)
  const redraw = () => waiting.show()
  stream.on('resize', redraw)
  waiting.start()
  try {
    return await work(waiting.tellWait)
  } finally {
    stream.off('resize', redraw)
    waiting.stop()
    sheet.close()
  }
}

/** Passes on what a run tells of its waits. */
export function tellWaitsOf(stream: EventStream, tellWait: TellWait): void {
  const ends = new Map<unknown, () => void>()
  stream.listen((event) => {
    if (event.type === 'waiting') ends.set(event.wait, tellWait(event.wait))
    if (event.type === 'waited') ends.get(event.wait)?.()
  })
}

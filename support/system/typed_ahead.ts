import type { ReadStream } from 'node:tty'
import { pause, type Clock } from './clock'

const CTRL_C = '\u0003'
/** Milliseconds in which a person sees that the question before is gone. */
const FOR_MS = 500

/**
 * Discards what was typed at a terminal before it is asked anything: it answers another question, or none. Ctrl-C among
 * it still interrupts. The terminal has to be left to this function until it resolves; it rejects once the signal is aborted.
 */
export async function discardTypedAhead(
  terminal: Pick<ReadStream, 'setRawMode' | 'on' | 'off' | 'pause' | 'resume'>,
  clock: Clock,
  signal: AbortSignal,
  interrupt: () => void,
): Promise<void> {
  const drop = (piece: Buffer | string) => {
    if (piece.toString().includes(CTRL_C)) interrupt()
  }
  // Half a line can be read in this mode alone.
  terminal.setRawMode(true)
  terminal.on('data', drop)
  // A stream that was paused before, by an earlier question, reads nothing for a listener alone.
  terminal.resume()
  try {
    await pause(clock, FOR_MS, signal)
  } finally {
    terminal.off('data', drop)
    terminal.pause()
    terminal.setRawMode(false)
  }
}

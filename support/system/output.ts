import { writeSync } from 'node:fs'

/** The errors of an output whose reader has gone: a pipe was closed, or a terminal. */
const GONE = new Set(['EPIPE', 'EIO'])
/** The words of a person for errors of the system. */
const IN_WORDS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
}

type Output = Pick<NodeJS.WritableStream, 'on' | 'write'>

/**
 * Keeps faults of the output from ending the process: its reader may leave, and its disk may be full. Text that cannot
 * be written is reported once, on the other output, and to `onUnwritten`; a reader that has gone is not.
 */
export function outliveOutputs(stdout: Output, stderr: Output, onUnwritten: () => void = () => {}): void {
  outlive(stdout, 'standard output', stderr, onUnwritten)
  outlive(stderr, 'standard error', stdout, onUnwritten)
}

/** Returns in a person's words why the system could not write. */
export function describeUnwritten(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException
  return IN_WORDS[code] ?? message
}

/** Lets all that is written to one output go to another: what stands on the first one is for programs alone. */
export function divertOutput(from: Pick<NodeJS.WritableStream, 'write'>, to: Output): void {
  from.write = to.write.bind(to) as typeof from.write
}

/**
 * Writes pieces to a file descriptor before it returns, also where its reader is slow.
 * @throws the system's error, such as `ENOSPC`; a reader that has gone is none
 */
export function writeNow(descriptor: number, pieces: Iterable<string>): void {
  try {
    for (const piece of pieces) writeWhole(descriptor, Buffer.from(piece))
  } catch (error) {
    if (!GONE.has((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}

function writeWhole(descriptor: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(descriptor, bytes, at)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      // A pipe that is full and does not block: its reader has to read first.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, READER_PAUSE_MS)
    }
  }
}

const READER_PAUSE_MS = 5

function outlive(stream: Output, name: string, other: Output, onUnwritten: () => void): void {
  let told = false
  stream.on('error', (error: NodeJS.ErrnoException) => {
    const code = error.code ?? ''
    if (told || GONE.has(code)) return
    told = true
    onUnwritten()
    other.write(`lockstep: the ${name} cannot be written: ${describeUnwritten(error)}; going on without it\n`)
  })
}

/** The errors of an output whose reader has gone: a pipe was closed, or a terminal. */
const GONE = new Set(['EPIPE', 'EIO'])
/** The words of a person for errors of the system. */
export const IN_WORDS: Readonly<Record<string, string>> = {
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

function outlive(stream: Output, name: string, other: Output, onUnwritten: () => void): void {
  let told = false
  stream.on('error', (error: NodeJS.ErrnoException) => {
    const code = error.code ?? ''
    if (told || GONE.has(code)) return
    told = true
    onUnwritten()
    other.write(
      `lockstep: the ${name} cannot be written: ${IN_WORDS[code] ?? error.message}; going on without it\n`,
    )
  })
}

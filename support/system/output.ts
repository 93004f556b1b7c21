/** The reader has gone: a pipe was closed, or a terminal. */
const GONE = new Set(['EPIPE', 'EIO'])
/** What a person would say of an error of the system. */
export const IN_WORDS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
}

type Output = Pick<NodeJS.WritableStream, 'on' | 'write'>

/**
 * Lets no output decide what becomes of the process: who reads it may leave, and its disk may be full. What cannot be
 * written is said once, on the other output, and told to `onUnwritten`; a reader that has gone is not.
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

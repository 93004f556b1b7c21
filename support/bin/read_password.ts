import { LockstepError } from '../system/errors'

const MAX_BYTES = 4_096

/** A terminal, or what stands in its place. */
type Input = NodeJS.ReadableStream & { isTTY?: boolean; setRawMode?: (isRaw: boolean) => unknown }
interface Output {
  write(text: string): unknown
}

/**
 * Reads a new password: from a terminal, twice and without showing it, or else the first line of the input.
 * @throws LockstepError `bad-input` where there is none; `interrupted` where the person gives up
 */
export async function readPassword(whose: string, input: Input, output: Output): Promise<string> {
  if (input.isTTY !== true) return readLine(input)
  const first = await askFor(`Password of ${whose}: `, input, output)
  const second = await askFor('The same again: ', input, output)
  if (first !== second) throw new LockstepError('bad-input', 'the two passwords differ; nothing is changed')
  return first
}

async function readLine(input: Input): Promise<string> {
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of input) {
    pieces.push(Buffer.from(piece))
    bytes += Buffer.byteLength(piece)
    if (bytes > MAX_BYTES)
      throw new LockstepError('bad-input', 'the standard input is too long for a password')
  }
  const [line = '', ...rest] = Buffer.concat(pieces).toString('utf8').split(/\r?\n/)
  if (rest.some((each) => each !== ''))
    throw new LockstepError(
      'bad-input',
      'the standard input has several lines; expected one, with the password',
    )
  if (line === '')
    throw new LockstepError(
      'bad-input',
      'the standard input has no password; say it in a terminal, or give it as one line',
    )
  return line
}

function askFor(question: string, input: Input, output: Output): Promise<string> {
  // Hidden before the question is there: who answers at once would see what they type.
  input.setRawMode?.(true)
  output.write(question)
  return new Promise((resolve, reject) => {
    let typed = ''
    const end = (finish: () => void) => {
      input.setRawMode?.(false)
      input.pause()
      input.removeListener('data', hear)
      output.write('\n')
      finish()
    }
    const hear = (piece: string | Buffer) => {
      for (const sign of piece.toString('utf8')) {
        if (sign === '\r' || sign === '\n') return end(() => resolve(typed))
        if (sign === '\u0003' || sign === '\u0004')
          return end(() => reject(new LockstepError('interrupted', 'interrupted; nothing is changed')))
        if (sign === '\u007f' || sign === '\b') typed = [...typed].slice(0, -1).join('')
        else typed += sign
      }
    }
    input.on('data', hear)
    input.resume()
  })
}

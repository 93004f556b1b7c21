import net from 'node:net'
import { LockstepError } from '../../system/errors'
import { formatDuration } from '../../system/duration'

/** The address at which a HAProxy listens for runtime commands. */
export type RuntimeAddress = { socket: string } | { host: string; port: number }

const MAX_BYTES = 16 * 1024 * 1024

/**
 * Sends one command on a connection of its own. Resolves with the whole answer, without the empty line that ends it.
 * @throws LockstepError `balancer-failed` when there is no answer, or not all of one, `within` that many milliseconds
 */
export function command(address: RuntimeAddress, line: string, within: number): Promise<string> {
  if (/[\n\r;]/.test(line)) throw new Error('one command has one line')
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    const socket = 'socket' in address ? net.connect(address.socket) : net.connect(address.port, address.host)
    const fail = (why: string, cause?: unknown) => {
      socket.destroy()
      clearTimeout(deadline)
      reject(new LockstepError('balancer-failed', `${sentenceOf(address)} ${why}`, { cause }))
    }
    const deadline = setTimeout(
      () => fail(`did not answer "${line}" within ${formatDuration(within)}; is it stopped?`),
      within,
    )
    socket.on('connect', () => socket.write(`${line}\n`))
    socket.on('error', (error) => fail(reason(error), error))
    socket.on('data', (chunk) => {
      length += chunk.length
      if (length > MAX_BYTES) fail(`answers "${line}" with more than ${MAX_BYTES / 1024 / 1024} MiB`)
      else chunks.push(chunk)
    })
    socket.on('close', () => {
      clearTimeout(deadline)
      const text = Buffer.concat(chunks).toString('utf8')
      if (text === '\n') return resolve('')
      // An empty line ends an answer; without it the connection was cut somewhere in the middle.
      if (text.endsWith('\n\n')) return resolve(text.slice(0, -1))
      fail(`broke off in its answer to "${line}", after ${length} bytes; its state is not known from this`)
    })
  })
}

export function placeOf(address: RuntimeAddress): string {
  return 'socket' in address ? address.socket : `${address.host}:${address.port}`
}

function sentenceOf(address: RuntimeAddress): string {
  return `HAProxy at ${placeOf(address)}`
}

function reason(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOENT':
      return 'cannot be reached: there is no such socket; is it running, with "stats socket" set to this path?'
    case 'EACCES':
      return 'cannot be reached: permission is denied; its "stats socket" has to be open to this user'
    case 'ECONNREFUSED':
      return 'cannot be reached: nobody listens there; is it running?'
    default:
      return `cannot be reached: ${error.message}`
  }
}

import { Duplex } from 'node:stream'
import type { Socket } from 'node:net'
import { encodeFrame, FrameError, FrameParser, headers, type Frame, type StompVersion } from './frame'
import { excerpt } from '../../system/redaction'

/**
 * A gate between the socket and stompit. The broker's bytes are parsed here. stompit sees only CONNECTED and RECEIPT
 * frames, rebuilt from the headers that it needs. MESSAGE and ERROR frames go to `onFrame`: stompit's handling of them
 * can end the process or stall the connection. Frames from stompit pass through whole, so that ours can go in between.
 */
export class Gate extends Duplex {
  private readonly parser: FrameParser
  private unfinished: Buffer[] = []
  version: StompVersion = '1.0'
  /** Bytes for stompit's own read timer, which is never armed. */
  bytesRead = 0

  constructor(
    private readonly socket: Socket,
    private readonly onFrame: (frame: Frame) => void,
  ) {
    super({ allowHalfOpen: false })
    this.parser = new FrameParser((frame) => this.route(frame))
    socket.on('data', (chunk: Buffer) => this.receive(chunk))
    socket.on('end', () => this.push(null))
    socket.on('error', (error) => this.destroy(error))
    socket.on('close', () => this.destroy())
  }

  /** Writes whole frames; resolves once the system has taken them. */
  send(bytes: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.socket.destroyed) return reject(new Error('the connection is closed'))
      this.socket.write(bytes, (error) => (error ? reject(error) : resolve()))
    })
  }

  setNoDelay(): this {
    this.socket.setNoDelay(true)
    return this
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.unfinished.push(chunk)
    const heartBeat = this.unfinished.length === 1 && chunk.length === 1 && chunk[0] === 0x0a
    const endOfFrame = chunk.length >= 2 && chunk[chunk.length - 2] === 0 && chunk[chunk.length - 1] === 0x0a
    if (heartBeat || endOfFrame) {
      this.socket.write(Buffer.concat(this.unfinished))
      this.unfinished = []
    }
    done()
  }

  override _final(done: (error?: Error | null) => void): void {
    this.socket.end(() => done())
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.socket.destroy()
    done(error)
  }

  private receive(chunk: Buffer): void {
    this.bytesRead += chunk.length
    try {
      this.parser.push(chunk)
    } catch (error) {
      this.destroy(error instanceof Error ? error : new FrameError(String(error)))
    }
  }

  private route(frame: Frame): void {
    switch (frame.command) {
      case 'CONNECTED':
        return this.passConnected(frame)
      case 'RECEIPT':
        this.push(
          encodeFrame(
            'RECEIPT',
            headers({ 'receipt-id': frame.headers['receipt-id'] }),
            undefined,
            this.version,
          ),
        )
        return
      case 'MESSAGE':
      case 'ERROR':
        return this.onFrame(frame)
      default:
        throw new FrameError(`a ${frame.command} frame, which brokers do not send`)
    }
  }

  private passConnected(frame: Frame): void {
    const version = frame.headers['version'] ?? '1.0'
    if (version !== '1.0' && version !== '1.1' && version !== '1.2') {
      throw new FrameError(`STOMP version ${JSON.stringify(excerpt(version, 20))}`)
    }
    this.version = version
    this.parser.version = version
    this.onFrame(frame)
    // stompit sends our own heart-beats; the session watches the broker's.
    const wanted = /^\d{1,9}\s*,\s*(\d{1,9})$/.exec(frame.headers['heart-beat'] ?? '')?.[1] ?? '0'
    this.push(encodeFrame('CONNECTED', headers({ version, 'heart-beat': `0,${wanted}` })))
  }
}

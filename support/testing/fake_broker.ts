import net, { type AddressInfo, type Socket } from 'node:net'
import { encodeFrame, FrameParser, headers, type Frame } from '../connectors/stomp/frame'

export interface FakeBroker {
  port: number
  frames: Frame[]
  connections: () => number
  /** The sockets that are open, latest last. */
  sockets: Socket[]
  stop(): Promise<void>
}

/** Starts a broker whose every answer a test decides; `onFrame` gets each frame and the socket it came over. */
export async function fakeBroker(
  onFrame: (frame: Frame, socket: Socket) => void,
  onConnect: (socket: Socket) => void = () => {},
): Promise<FakeBroker> {
  const frames: Frame[] = []
  const sockets: Socket[] = []
  let connections = 0
  const server = net.createServer((socket) => {
    connections += 1
    sockets.push(socket)
    const parser = new FrameParser((frame) => {
      if (frame.command === 'CONNECT') parser.version = '1.2'
      frames.push(frame)
      onFrame(frame, socket)
    })
    socket.on('data', (chunk: Buffer) => parser.push(chunk))
    socket.on('error', () => {})
    socket.on('close', () => sockets.splice(sockets.indexOf(socket), 1))
    onConnect(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    frames,
    connections: () => connections,
    sockets,
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}

/** Accepts every client, and answers receipts. */
export function welcoming(frame: Frame, socket: Socket, heartBeat = '0,0'): void {
  if (frame.command === 'CONNECT')
    socket.write(encodeFrame('CONNECTED', headers({ version: '1.2', 'heart-beat': heartBeat })))
  const receipt = frame.headers['receipt']
  if (receipt !== undefined) socket.write(encodeFrame('RECEIPT', headers({ 'receipt-id': receipt })))
}

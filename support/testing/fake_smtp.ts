import net, { type AddressInfo, type Socket } from 'node:net'

/** A mail server on loopback, without TLS, whose every answer a test decides. */
export class FakeSmtp {
  /** The commands of the client before and after the messages. */
  readonly commands: string[] = []
  readonly messages: string[] = []
  /** Returns the answer to a line, or undefined for the usual one. With an empty text no answer is sent. */
  answer: (line: string) => string | undefined = () => undefined
  private readonly sockets = new Set<Socket>()
  private readonly server = net.createServer((socket) => this.serve(socket))

  async start(): Promise<number> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve))
    return (this.server.address() as AddressInfo).port
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    await new Promise<void>((resolve) => this.server.close(() => resolve()))
  }

  private serve(socket: Socket): void {
    let text = ''
    let mail: string[] | undefined
    const say = (line: string) => void (line !== '' && socket.write(`${line}\r\n`))
    this.sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => this.sockets.delete(socket))
    say(this.answer('') ?? '220 fake')
    socket.on('data', (chunk: Buffer) => {
      const lines = `${text}${chunk.toString('utf8')}`.split('\r\n')
      text = lines.pop() ?? ''
      for (const line of lines) {
        if (mail === undefined) {
          this.commands.push(line)
          if (line === 'DATA') mail = []
          say(this.answer(line) ?? usual(line))
          if (line === 'QUIT') socket.end()
        } else if (line === '.') {
          this.messages.push(mail.join('\n'))
          mail = undefined
          say(this.answer('.') ?? '250 taken')
        } else {
          mail.push(line)
        }
      }
    })
  }
}

function usual(line: string): string {
  if (line.startsWith('EHLO')) return '250-fake\r\n250 AUTH PLAIN'
  if (line === 'STARTTLS') return '502 not here'
  if (line.startsWith('AUTH')) return '235 welcome'
  if (line === 'DATA') return '354 go on'
  return line === 'QUIT' ? '221 bye' : '250 fine'
}

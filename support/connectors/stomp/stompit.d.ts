// The used part of stompit 1.0.0; @types/stompit describes an older version.
declare module 'stompit' {
  import type { EventEmitter } from 'node:events'
  import type { Duplex, Writable } from 'node:stream'

  interface ConnectOptions {
    host: string
    connect: (options: unknown, connected: () => void) => Duplex
    connectHeaders: Record<string, string>
    timeout: number
  }

  interface Client extends EventEmitter {
    disconnect(done: (error: Error | null) => void): void
    destroy(error?: Error): void
    sendFrame(command: string, headers: Record<string, string>, options: { onReceipt: () => void }): Writable
  }

  function connect(options: ConnectOptions, done: (error: Error | null, client: Client) => void): Client
}

import type { Act, Person } from '../people/person'

/** A request of a person who is logged in; the guard of the console has looked at its origin before. */
export interface ConsoleRequest {
  person: Person
  may: (act: Act, environment: string) => boolean
  url: URL
  /** Returns a named part of the path, decoded; hostile text. */
  param: (name: string) => string
  header: (name: string) => string | undefined
  /** Aborted when the browser has gone, when the session has ended, and when `lockstep serve` ends. */
  signal: AbortSignal
}

/** A path of the console that only reads. The guard answers those who are not logged in. */
export interface ConsoleRoute {
  /** Such as `/history/:run`, with a slash first. */
  path: string
  answer: (request: ConsoleRequest) => Response | Promise<Response>
}

/** The headers of events that go on. */
export const EVENT_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // A proxy that gathers what it passes on would keep events back.
  'x-accel-buffering': 'no',
}

import type * as v from 'valibot'
import type { Act, Person } from '../../people/person'

/** A request of a program, by a token that is good. */
export interface ApiRequest {
  person: Person
  /** Returns whether both the token and the policy allow an act now. */
  may: (act: Act, environment: string) => boolean
  /** Returns a named part of the path, decoded; hostile text. */
  param: (name: string) => string
  /** The values of the query that the route knows, each once; hostile texts. */
  query: Readonly<Record<string, string>>
  signal: AbortSignal
}

/** A document, in pieces of JSON, and the query behind which the next page begins. */
export interface ApiAnswer {
  pieces: Iterable<string>
  next?: Readonly<Record<string, string | undefined>> | undefined
}

/** A request for what is new, as events. */
export interface StreamRequest extends ApiRequest {
  /** The id of the last event that the program has; undefined for one that has none. Hostile text. */
  lastEventId: string | undefined
}

/** Events that go on, in the form of server-sent events. */
export interface ApiStream {
  body: ReadableStream<Uint8Array>
  /** Returns whether the token and the policy still allow all that is told. */
  isGood: () => boolean
}

/** A path of the API that only reads. */
export interface ApiRead {
  /** A verb and its object, such as `list rollouts`. */
  name: string
  /** Such as `/rollouts/:run`, behind the prefix of the API. */
  path: string
  summary: string
  /** The names that its query may have, each with what it means. */
  query: Readonly<Record<string, string>>
  /** The name of the form of its document, such as `lockstep/status/1`, and the form. */
  form: string
  schema: v.GenericSchema
  /** Resolves with the document, or why there is none; undefined for one that is not there, or that may not be seen. */
  read: (request: ApiRequest) => Promise<ApiAnswer | ApiRefusal | undefined>
  /** Resolves with events in place of the document, for a program that accepts them. */
  stream?: (request: StreamRequest) => Promise<ApiStream | ApiRefusal | undefined>
}

/** A refusal of the API. Its sentence has nothing of the request in it. */
export interface ApiRefusal {
  status: 400 | 401 | 403 | 404 | 405 | 409 | 413 | 414 | 415 | 421 | 422 | 500 | 503
  sentence: string
  /** The seconds after which it may be tried again. */
  retryAfterS?: number
}

/** The prefix of all paths. */
export const PREFIX = '/api/v1'

/** The code of each status, for programs. */
export const CODES: Readonly<Record<ApiRefusal['status'], string>> = {
  400: 'not-whole',
  401: 'no-token',
  403: 'not-allowed',
  404: 'not-there',
  405: 'other-method',
  409: 'not-now',
  413: 'too-long',
  414: 'address-too-long',
  415: 'other-type',
  421: 'other-host',
  422: 'not-right',
  500: 'failed',
  503: 'not-ready',
}

/**
 * The refusal of bytes or values that this side will not work with, and its reason. `code` is stable: reports and tests
 * key on it. A refusal is about a peer's message, so callers turn it into a host's outcome; it never reaches a user as
 * a stack.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal'

  constructor(
    readonly code: RefusalCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

export type RefusalCode =
  | 'truncated'
  | 'too-large'
  | 'too-deep'
  | 'forbidden-type'
  | 'malformed'
  | 'bad-envelope'
  | 'bad-pattern'
  | 'bad-signature'
  | 'expired'
  | 'from-the-future'
  | 'wrong-road'

/**
 * The refusal of an answer that came by another road than its host is on. It is no answer of that host: a user of one
 * broker could write it in the name of any host.
 */
export class WrongRoad extends Refusal {
  constructor(
    /** The host in whose name it came. */
    readonly host: string,
    readonly requestid: string,
    /** True where the fleet is another than expected by it. */
    readonly fails: boolean,
    message: string,
  ) {
    super('wrong-road', message)
  }
}

/** Returns the beginning of a peer's text, with a sign where it was cut. */
export function excerpt(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1).toWellFormed()}…` : text
}

/** The parts of a URL around the password or the token in it. */
interface Parted {
  before: string
  secret: string
  after: string
}

/** Returns a URL with stars in the place of its password or token. */
export function starSecret(url: string): string {
  const parts = partsOf(url)
  return parts === undefined ? url : `${parts.before}***@${parts.after}`
}

/** Returns a URL without its password or token. */
export function dropSecret(url: string): string {
  const parts = partsOf(url)
  if (parts === undefined) return url
  const { before, after } = parts
  return before.endsWith(':') ? `${before.slice(0, -1)}@${after}` : `${before}${after}`
}

/** Returns the password or the token of a URL: as it is written there, and decoded. */
export function secretsIn(url: string): string[] {
  const secret = partsOf(url)?.secret
  return secret === undefined ? [] : [secret, decoded(secret)]
}

/** Matches a user and a password before a host: `https://user:password@host/…`. */
const PASSWORD = /^([a-z][a-z0-9+.-]*:\/\/[^/@:]*:)([^/]*)@(.*)$/is
/** Matches a user alone before a host: `https://token@host/…`. Over HTTP that may be a token. */
const TOKEN = /^(https?:\/\/)([^/?#@:]+)@(.*)$/is

function partsOf(url: string): Parted | undefined {
  const [, before, secret, after] = TOKEN.exec(url) ?? PASSWORD.exec(url) ?? []
  return before === undefined || secret === undefined || after === undefined
    ? undefined
    : { before, secret, after }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

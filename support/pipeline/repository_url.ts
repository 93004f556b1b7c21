/** Returns the protocol by which git reaches a configured URL; no other is allowed to it. */
export function protocolOf(url: string): string {
  if (url.startsWith('/')) return 'file'
  return /^([a-z]+):\/\//.exec(url)?.[1] ?? 'ssh'
}

/** Returns a URL without a password that is written in it. */
export function hidePassword(url: string): string {
  return url.replace(PASSWORD, '$1***@')
}

/** Returns the passwords that are written in a URL. */
export function passwordsIn(url: string): string[] {
  const [, , password] = PASSWORD.exec(url) ?? []
  return password === undefined ? [] : [password, decoded(password)]
}

/** Matches a user and a password before a host: `https://user:password@host/…`, or a token alone. */
const PASSWORD = /^(https?:\/\/(?:[^/?#@:]*:)?)([^/?#]*)@/

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Matches a name that stands for itself in ClusterShell's form: no sign of it has a meaning there. */
const PLAIN = /^[^\s\p{Cc}\p{Cs}"'\\,[\]!&^@%*?<>|;{}$`()#~]+$/u

/** Returns a host's name as it is written in ClusterShell's form; one with other signs is in quotes, as in JSON. */
export function quoteHost(host: string): string {
  return PLAIN.test(host) ? host : JSON.stringify(host)
}

/** Returns whether a text is fit to be a name, or a part of one, without quotes. */
export function isPlainName(text: string): boolean {
  return PLAIN.test(text)
}

/** Returns the protocol by which git reaches a configured URL; no other is allowed to it. */
export function protocolOf(url: string): string {
  if (url.startsWith('/')) return 'file'
  return /^([a-z]+):\/\//.exec(url)?.[1] ?? 'ssh'
}

/** Faults of a simulated host, by the name that a fleet file or LOCKSTEP_FAULTS uses. */
export const FAULTS = {
  silent: 'never answers',
  slow: 'answers after 1 s',
  'very slow': 'answers after 5 s, which is too late for the embedded fleet',
  fails: 'its agents answer that they could not do it',
  lies: 'claims success and changes nothing',
  'dies at step 2': 'answers nothing from its second call on; any number will do',
  'post script fails': 'the post scripts of its deploys fail',
  'lacks the tag': 'does not have the newest tag of a repository',
  'moved tag': 'the server has moved the tags that it has',
  'puppet fails': 'a resource fails when puppet runs',
  'puppet hangs': 'its puppet never ends a run',
  'puppet is killed': 'its puppet is killed in the middle of each run',
  'puppet gets no catalog': 'its puppet applies the catalog that it had kept',
  'puppet leaves a resource': 'what the code of puppet no longer has is still there',
  'puppet is running': 'its puppet is running already',
  'puppet is disabled': 'its puppet was disabled by somebody else',
  'has other modules': 'a module of its puppet code is of another version than in the Puppetfile',
  'has open code': 'others than root can change its puppet code',
  duplicate: 'answers twice, the same',
  contradicts: 'answers twice, and not the same',
  'wrong secret': 'signs its answers with another secret',
  garbage: 'answers with bytes that mean nothing',
  truncated: 'answers with half a message',
  'too deep': 'answers with values nested 5,000 deep',
  'wrong type': 'answers with a status that is no number',
  'wrong id': 'answers to a request that was never made',
  stale: 'its clock stands in 1970',
  ahead: 'its clock is an hour ahead',
  stranger: 'a host that nobody asked answers as well',
  spoofs: 'answers in the name of another host',
  'late stranger': 'a host that nobody knows answers discoveries, 0.2 s later',
} as const

export type FaultName = keyof typeof FAULTS

export interface Fault {
  name: FaultName
  /** The first call in which the fault shows; before that the host is well. The discovery is not counted. */
  from: number
  /** The text of the line from which on the fault shows; calls are not counted then. */
  during?: string
}

/** Parses `lies`, `dies at step 3`, `silent from step 2`. Undefined for an unknown fault. */
export function parseFault(written: string): Fault | undefined {
  const dies = /^dies at step ([1-9]\d{0,3})$/.exec(written)?.[1]
  if (dies !== undefined) return { name: 'dies at step 2', from: Number(dies) }
  const [, name = written, from = '1'] = /^(.+) from step ([1-9]\d{0,3})$/.exec(written) ?? []
  return Object.hasOwn(FAULTS, name) && !name.startsWith('dies')
    ? { name: name as FaultName, from: Number(from) }
    : undefined
}

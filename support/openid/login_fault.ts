/** A login that did not come about. */
export interface LoginFault {
  /** The status of the answer: the login is refused, or the provider cannot be asked. */
  status: 403 | 502 | 503
  /** Says why to the person and to the audit trail, in our own words alone. */
  why: string
  /** Says more to the log: codes and names that are known to be no secret. */
  detail: string
}

/** Returns whether a login did not come about. */
export function isFault(value: object): value is LoginFault {
  return 'why' in value && 'detail' in value
}

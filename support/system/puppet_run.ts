/**
 * Returns the name under which puppet writes the report of a run, made from the request that ordered it. Puppet keeps it
 * as `job_id`, so that a run of its own daemon is never taken for the ordered one.
 */
export function puppetRunOf(requestId: string): string {
  return `lockstep-${requestId}`
}

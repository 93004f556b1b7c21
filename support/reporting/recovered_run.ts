/** The line that stands on top of a recovery feature, and names the run that it was written by. */
export const RECOVERY_HEADER = /^# What (?:is left of )?run (\S+) of /m

/** Returns the run that a recovery feature carries on; undefined for any other feature. */
export function findRecoveredRun(source: string): string | undefined {
  return RECOVERY_HEADER.exec(source)?.[1]
}

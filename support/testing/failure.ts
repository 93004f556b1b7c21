import { LockstepError } from '../system/errors'

/** Returns the error that some work is expected to end with; any other error, or none, fails the test. */
export async function failure(work: Promise<unknown>): Promise<LockstepError> {
  try {
    await work
  } catch (error) {
    if (error instanceof LockstepError) return error
    throw error
  }
  throw new Error('it was expected to fail')
}

/** Returns the message of the error that some work is expected to end with. */
export async function reasonOf(work: unknown): Promise<string> {
  try {
    await work
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('it was expected to fail')
}

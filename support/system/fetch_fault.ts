/** Returns the words in which `fetch` says why there is no answer. */
export function wordsOfFetchFault({ message, cause }: Error): string {
  if (!(cause instanceof Error)) return message
  // A name with several addresses has a fault for each, and no words of its own.
  const faults = cause instanceof AggregateError ? (cause.errors as Error[]).map((each) => each.message) : []
  return cause.message || faults.join(', ') || message
}

/** How fast hosts answer, in milliseconds. */
export interface Times {
  first: number
  median: number
  last: number
}

/** Folds the times of hosts; undefined where there is none. The median of an even number of times is the earlier one. */
export function foldTimes(times: readonly number[]): Times | undefined {
  const sorted = [...times].sort((a, b) => a - b)
  const [first, median, last] = [sorted[0], sorted[Math.floor((sorted.length - 1) / 2)], sorted.at(-1)]
  if (first === undefined || median === undefined || last === undefined) return undefined
  return { first, median, last }
}

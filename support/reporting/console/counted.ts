/** Returns a number with its noun, such as `1 step` or `2 steps`. */
export function formatCount(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`
}

import { distance } from 'fastest-levenshtein'

/** Returns the known name that is nearest to a name. */
export function nearest(name: string, known: readonly string[]): string {
  const away = (each: string) =>
    isSwapped(plain(name), plain(each)) ? 1 : distance(plain(name), plain(each))
  return known.reduce((best, each) => (away(each) < away(best) ? each : best), known[0] ?? '')
}

/** Returns whether a name is a known one, misspelt. A short name may differ by less before it is another word. */
export function isLike(name: string, known: string): boolean {
  const [one, other] = [plain(name), plain(known)]
  return isSwapped(one, other) || distance(one, other) <= (other.length < 6 ? 1 : 2)
}

function isSwapped(one: string, other: string): boolean {
  const letters = (word: string) => [...word].sort().join('')
  return one[0] === other[0] && one !== other && letters(one) === letters(other)
}

/** Returns a name's plain form: `safeMode`, `safe-mode` and `LOCKSTEP_SAFE_MODE` have the same one. */
export function plain(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
    .replace(/^lockstep/, '')
}

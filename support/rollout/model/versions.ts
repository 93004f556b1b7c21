/** The package manager whose rules put versions in order. */
export type VersionOrder = 'dpkg' | 'rpm'

/**
 * Compares two versions: negative when `a` is older than `b`, positive when newer, 0 when they are the same. Never
 * throws.
 */
export function compareVersions(order: VersionOrder, a: string, b: string): number {
  const [compare, left, right] =
    order === 'dpkg' ? [compareDpkg, parts(a, '0'), parts(b, '0')] : [compareRpm, parts(a, ''), parts(b, '')]
  const byVersion = compareNumbers(left.epoch, right.epoch) || compare(left.version, right.version)
  // rpm compares releases only where both have one.
  if (byVersion !== 0 || (order === 'rpm' && (left.rest === '' || right.rest === ''))) return byVersion
  return compare(left.rest, right.rest)
}

const PROVIDERS: Readonly<Record<VersionOrder, readonly string[]>> = {
  dpkg: ['apt', 'aptitude', 'dpkg'],
  rpm: ['yum', 'dnf', 'rpm', 'zypper', 'up2date', 'rug', 'urpmi'],
}

/** Returns the order of a package manager, by what the package agent calls it; undefined for others. */
export function orderOf(provider: unknown): VersionOrder | undefined {
  if (typeof provider !== 'string') return undefined
  if (PROVIDERS.dpkg.includes(provider)) return 'dpkg'
  return PROVIDERS.rpm.includes(provider) ? 'rpm' : undefined
}

/**
 * Returns whether a version `next`, whole as a host has it, is older than `has`. Where the host does not say how it
 * orders versions, both orders have to agree; undefined when they do not.
 */
export function goesBack(has: string, next: string, order: VersionOrder | undefined): boolean | undefined {
  if (order !== undefined) return compareVersions(order, next, has) < 0
  return judgeByBoth((each) => compareVersions(each, next, has) < 0)
}

/**
 * Returns whether `wanted`, as a feature writes it, is older than `has`. To yum and dnf, it may have any epoch where it
 * has none, so the one of `has` is taken. Undefined where it cannot be told, as in `goesBack`.
 */
export function wouldGoBack(
  has: string,
  wanted: string,
  order: VersionOrder | undefined,
): boolean | undefined {
  if (order === undefined) return judgeByBoth((each) => wouldGoBack(has, wanted, each) === true)
  const isOpen = order === 'rpm' && splitEpoch(wanted).epoch === undefined
  return goesBack(isOpen ? splitEpoch(has).rest : has, wanted, order)
}

/** Returns whether `has` has an epoch that counts, and `wanted` leaves it out: either may then be the newer one. */
export function leavesEpochOut(wanted: string, has: string): boolean {
  return splitEpoch(wanted).epoch === undefined && compareNumbers(splitEpoch(has).epoch ?? '0', '0') > 0
}

/**
 * Returns whether a host has the wanted version, as its package manager takes what is wanted. To dpkg, a version
 * without an epoch has the epoch 0. To yum and dnf, it may have any. Where the host does not say how it takes versions,
 * both have to agree.
 */
export function isSameVersion(has: string, wanted: string, order: VersionOrder | undefined): boolean {
  const [left, right] = [splitEpoch(has), splitEpoch(wanted)]
  if (left.rest !== right.rest) return false
  if (order === 'rpm' && right.epoch === undefined) return true
  return compareNumbers(left.epoch ?? '0', right.epoch ?? '0') === 0
}

/** Returns whether two versions that a feature writes may be one and the same to some package manager. */
export function mayBeSameVersion(a: string, b: string): boolean {
  return isSameVersion(a, b, 'rpm') || isSameVersion(b, a, 'rpm')
}

function judgeByBoth(judge: (order: VersionOrder) => boolean): boolean | undefined {
  const [dpkg, rpm] = [judge('dpkg'), judge('rpm')]
  return dpkg === rpm ? dpkg : undefined
}

interface Parts {
  epoch: string
  version: string
  /** The revision, or the release, after the last dash. */
  rest: string
}

function parts(text: string, noRest: string): Parts {
  const { epoch = '0', rest: tail } = splitEpoch(text)
  const dash = tail.lastIndexOf('-')
  return dash < 0
    ? { epoch, version: tail, rest: noRest }
    : { epoch, version: tail.slice(0, dash), rest: tail.slice(dash + 1) }
}

function splitEpoch(text: string): { epoch: string | undefined; rest: string } {
  const colon = text.indexOf(':')
  const hasEpoch = colon > 0 && isDigits(text.slice(0, colon))
  return hasEpoch
    ? { epoch: text.slice(0, colon), rest: text.slice(colon + 1) }
    : { epoch: undefined, rest: text }
}

/**
 * Compares by turns what is no digit and what is one. `~` is before everything, even the end, and letters before other
 * signs.
 */
function compareDpkg(a: string, b: string): number {
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    while ((i < a.length && !isDigit(a, i)) || (j < b.length && !isDigit(b, j))) {
      const difference = weight(a, i) - weight(b, j)
      if (difference !== 0) return difference
      i += 1
      j += 1
    }
    const [left, right] = [digitsAt(a, i), digitsAt(b, j)]
    const difference = compareNumbers(left, right)
    if (difference !== 0) return difference
    i += left.length
    j += right.length
  }
  return 0
}

function weight(text: string, index: number): number {
  if (index >= text.length || isDigit(text, index)) return 0
  const sign = text[index] ?? ''
  if (sign === '~') return -1
  return isLetter(text, index) ? sign.charCodeAt(0) : sign.charCodeAt(0) + 65_536
}

/**
 * Compares segments of digits or of letters, and ignores other separators. `~` is before the end, and `^` after it and
 * before all else.
 */
function compareRpm(a: string, b: string): number {
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    while (i < a.length && isSeparator(a, i)) i += 1
    while (j < b.length && isSeparator(b, j)) j += 1
    if (a[i] === '~' || b[j] === '~') {
      if (a[i] !== '~') return 1
      if (b[j] !== '~') return -1
      i += 1
      j += 1
      continue
    }
    if (a[i] === '^' || b[j] === '^') {
      if (i >= a.length) return -1
      if (j >= b.length) return 1
      if (a[i] !== '^') return 1
      if (b[j] !== '^') return -1
      i += 1
      j += 1
      continue
    }
    if (i >= a.length || j >= b.length) break
    const numeric = isDigit(a, i)
    const [left, right] = numeric ? [digitsAt(a, i), digitsAt(b, j)] : [lettersAt(a, i), lettersAt(b, j)]
    // A segment of digits is newer than one of letters.
    if (right === '') return numeric ? 1 : -1
    const difference = numeric ? compareNumbers(left, right) : left < right ? -1 : left > right ? 1 : 0
    if (difference !== 0) return difference
    i += left.length
    j += right.length
  }
  return Math.sign(a.length - i - (b.length - j))
}

/** Compares numbers of any length, as text. */
function compareNumbers(a: string, b: string): number {
  const [left, right] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')]
  if (left.length !== right.length) return left.length - right.length
  return left < right ? -1 : left > right ? 1 : 0
}

function isDigit(text: string, index: number): boolean {
  const code = text.charCodeAt(index)
  return code >= 48 && code <= 57
}

function isLetter(text: string, index: number): boolean {
  const code = text.charCodeAt(index) | 32
  return code >= 97 && code <= 122
}

function isSeparator(text: string, index: number): boolean {
  const sign = text[index]
  return !isDigit(text, index) && !isLetter(text, index) && sign !== '~' && sign !== '^'
}

function isDigits(text: string): boolean {
  return digitsAt(text, 0).length === text.length
}

function digitsAt(text: string, from: number): string {
  let end = from
  while (end < text.length && isDigit(text, end)) end += 1
  return text.slice(from, end)
}

function lettersAt(text: string, from: number): string {
  let end = from
  while (end < text.length && isLetter(text, end)) end += 1
  return text.slice(from, end)
}

/**
 * A window of time in which something may be begun. `from` and `to` are minutes of the day; it is over midnight when
 * `to` is before `from`. `days` are days of the week from Sunday, 0.
 */
export interface TimeWindow {
  from: number
  to: number
  days: ReadonlySet<number>
  /** The IANA name of the time zone; the control host's own zone when undefined. */
  zone: string | undefined
}

/** Minutes of a whole day. */
const END_OF_DAY = 1_440
const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']

/**
 * Returns whether `now` (milliseconds since 1970) is inside the window. A window over midnight belongs to the day that
 * it begins on.
 */
export function isOpen({ from, to, days, zone }: TimeWindow, now: number): boolean {
  const { day, minutes } = wallClock(now, zone)
  if (from < to) return days.has(day) && minutes >= from && minutes < to
  return (days.has(day) && minutes >= from) || (days.has((day + 6) % 7) && minutes < to)
}

/**
 * Returns why two times of day, in minutes, make no window; undefined when they make one. The same time twice may mean
 * the whole day or none of it. 24:00 is only an end.
 */
export function findWindowFault(from: number, to: number): string | undefined {
  if (from === END_OF_DAY) return 'no window begins at 24:00, the end of a day; write 00:00, on the day after'
  if (from !== to) return undefined
  const time = timeOfDay(from)
  return `between ${time} and ${time} may mean the whole day or no minute of it; write two times that differ, such as 00:00 and 24:00`
}

/** Returns what a clock on the wall shows, for sentences: `Saturday 14:05`. */
export function wallTime(now: number, zone: string | undefined): string {
  const { day, minutes } = wallClock(now, zone)
  const name = DAYS[day] ?? ''
  return `${name.charAt(0).toUpperCase()}${name.slice(1)} ${timeOfDay(minutes)}`
}

/** Formats minutes of the day: `09:05` for 545. */
export function timeOfDay(minutes: number): string {
  return [Math.floor(minutes / 60), minutes % 60].map((n) => String(n).padStart(2, '0')).join(':')
}

/** Parses a time of day such as `09:00`, up to `24:00`, into minutes; undefined for what is no time of day. */
export function parseTime(written: string): number | undefined {
  const [, hours, minutes] = /^(?:(?=24:00$)|(?=[01]\d|2[0-3]))(\d\d):([0-5]\d)$/.exec(written) ?? []
  return hours === undefined || minutes === undefined ? undefined : Number(hours) * 60 + Number(minutes)
}

/** Parses `weekdays`, `weekends`, `every day`, `Monday`, `Monday to Thursday`, `Friday to Monday`. */
export function parseDays(written: string): ReadonlySet<number> | undefined {
  const text = written.toLowerCase()
  if (text === 'weekdays') return new Set([1, 2, 3, 4, 5])
  if (text === 'weekends') return new Set([6, 0])
  if (text === 'every day') return new Set([0, 1, 2, 3, 4, 5, 6])
  const [first, last = first, ...more] = text
    .split(' to ')
    .map((name) => DAYS.indexOf(name.replace(/s$/, '')))
  if (first === undefined || last === undefined || more.length > 0 || first < 0 || last < 0) return undefined
  const length = ((last - first + 7) % 7) + 1
  return new Set(Array.from({ length }, (_, index) => (first + index) % 7))
}

export function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

function wallClock(now: number, zone: string | undefined): { day: number; minutes: number } {
  const parts = new Intl.DateTimeFormat('en-GB', {
    weekday: 'long',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    ...(zone === undefined ? {} : { timeZone: zone }),
  }).formatToParts(now)
  const part = (type: string) => parts.find((each) => each.type === type)?.value ?? ''
  return {
    day: DAYS.indexOf(part('weekday').toLowerCase()),
    minutes: Number(part('hour')) * 60 + Number(part('minute')),
  }
}

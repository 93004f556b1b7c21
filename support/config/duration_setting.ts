import * as v from 'valibot'
import { parseDuration } from '../system/duration'

/** The schema of a duration as a configuration writes it; it is read as milliseconds. */
export const duration = v.pipe(
  v.string('a duration such as 30 seconds'),
  v.check((text) => parseDuration(text) !== undefined, 'a duration such as 30 seconds'),
  v.transform((text) => parseDuration(text) ?? 0),
)

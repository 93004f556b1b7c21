import * as v from 'valibot'
import { parseDuration } from '../system/duration'

/** A duration as it is written in a configuration; read as milliseconds. */
export const duration = v.pipe(
  v.string('a duration such as 30 seconds'),
  v.check((text) => parseDuration(text) !== undefined, 'a duration such as 30 seconds'),
  v.transform((text) => parseDuration(text) ?? 0),
)

import * as v from 'valibot'
import { MonitoringFault } from './target'

/** Returns the attributes of an object. @throws MonitoringFault for those that no object of Icinga has */
export function readAttributes<T>(schema: v.GenericSchema<unknown, T>, attributes: unknown): T {
  const read = v.safeParse(schema, attributes)
  if (read.success) return read.output
  const at = read.issues[0].path?.map(({ key }) => String(key)).join('.') ?? ''
  throw new MonitoringFault(
    `Icinga: it shows an object whose ${at} is not as expected; is it Icinga 2 that answers there?`,
  )
}

import type { StepMatchArgument } from '@cucumber/messages'
import { findWindowFault, parseTime } from '../rollout/model/time_window'

/** Returns what is wrong with the window of time that the values of a line make; nothing where they make none. */
export function windowFaults(
  values: readonly Pick<StepMatchArgument, 'group' | 'parameterTypeName'>[],
): string[] {
  const times = values.filter(({ parameterTypeName }) => parameterTypeName === 'time')
  const [from, to] = times.map(({ group }) => parseTime(group.value ?? ''))
  const fault = from === undefined || to === undefined ? undefined : findWindowFault(from, to)
  return fault === undefined ? [] : [fault]
}

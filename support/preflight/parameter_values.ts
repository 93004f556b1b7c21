import { parseAllowance } from '../rollout/model/failure_budget'
import { queryOf } from '../rollout/model/metric_query'
import { parseDays, parseTime } from '../rollout/model/time_window'
import { parseWaveSize } from '../rollout/model/wave_plan'
import { parsePoolMinimum } from '../rollout/verbs/pool'
import { parseDuration } from '../system/duration'
import { LockstepError } from '../system/errors'
import { parseFact, validators } from './validation'

/**
 * Functions that return the value of a step's argument, by the name of its parameter type. Each throws a LockstepError
 * `bad-feature` for what the validator of that type refuses.
 */
export const parameterValues = {
  ip: valueOf('ip', asWritten),
  class: valueOf('class', asWritten),
  identity: valueOf('identity', asWritten),
  file: valueOf('file', asWritten),
  package: valueOf('package', asWritten),
  version: valueOf('version', asWritten),
  service: valueOf('service', asWritten),
  check: valueOf('check', asWritten),
  count: valueOf('count', Number),
  fact: valueOf('fact', parseFact),
  duration: valueOf('duration', parseDuration),
  wave: valueOf('wave', parseWaveSize),
  allowance: valueOf('allowance', parseAllowance),
  pool: valueOf('pool', parsePoolMinimum),
  backend: valueOf('backend', asWritten),
  balancer: valueOf('balancer', asWritten),
  time: valueOf('time', parseTime),
  days: valueOf('days', parseNamedDays),
  zone: valueOf('zone', asWritten),
  percent: valueOf('percent', Number),
  release: valueOf('release', asWritten),
  application: valueOf('application', asWritten),
  repository: valueOf('repository', asWritten),
  tag: valueOf('tag', asWritten),
  network: valueOf('network', asWritten),
  site: valueOf('site', asWritten),
  user: valueOf('user', asWritten),
  query: valueOf('query', queryOf),
  level: valueOf('level', Number),
  url: valueOf('url', asWritten),
  status: valueOf('status', Number),
  environment: valueOf('environment', asWritten),
}

function valueOf<Value>(name: string, parse: (written: string) => Value | undefined) {
  return (written: string): Value => {
    const fault = validators[name]?.(written)
    if (fault !== undefined) throw new LockstepError('bad-feature', fault)
    const value = parse(written)
    if (value === undefined)
      throw new LockstepError('bad-feature', `${JSON.stringify(written)} has no meaning as ${name}`)
    return value
  }
}

function asWritten(written: string): string {
  return written
}

function parseNamedDays(written: string): { written: string; days: ReadonlySet<number> } | undefined {
  const days = parseDays(written)
  return days === undefined ? undefined : { written, days }
}

import { parseAllowance } from '../rollout/model/failure_budget'
import { parsePoolMinimum } from '../rollout/verbs/pool'
import { queryFault, queryOf } from '../rollout/model/metric_query'
import { isZone, parseDays, parseTime } from '../rollout/model/time_window'
import { parseWaveSize } from '../rollout/model/wave_plan'
import { parseDuration } from '../system/duration'
import { FACT_OPERATORS } from '../protocol/filter'
import { patternFault } from '../protocol/patterns'
import {
  address,
  checkName,
  packageName,
  packageVersion,
  applicationName,
  repositoryName,
  serviceName,
  networkAddress,
  siteName,
  tagName,
  userName,
} from '../rpc/contracts/rules'
import type { InputRule } from '../rpc/contracts/contract'

const IDENTITY = /^[A-Za-z0-9][\w.-]{0,254}$/
const CLASS = /^[\w:.-]+$/

/**
 * Functions that return what is wrong with a step's argument, by the name of its parameter type. They are asked before
 * anything is sent, for every step of the feature. They return undefined when nothing is wrong.
 */
export const validators: Readonly<Record<string, (written: string) => string | undefined>> = {
  ip: rule(address),
  package: rule(packageName),
  version: rule(packageVersion),
  service: rule(serviceName),
  check: rule(checkName),
  count: (written) =>
    /^[1-9]\d{0,5}$/.test(written)
      ? undefined
      : `${written} is no number to expect; write a whole number from 1 to 999999`,
  class: patternOr(CLASS, 'a class, such as roles::dev_server, or a pattern between slashes'),
  identity: patternOr(IDENTITY, 'a host name, or a pattern between slashes'),
  duration: (written) =>
    parseDuration(written) === undefined
      ? `${JSON.stringify(written)} is no duration; write 30 seconds, 2 minutes or 500 ms`
      : undefined,
  fact: factFault,
  wave: expectParsed(
    parseWaveSize,
    'a wave; write 1 host, 5 hosts, 25%, the rest, or each and the name of a fact',
  ),
  allowance: expectParsed(
    parseAllowance,
    'a number of hosts that may fail; write 2 hosts, or 5% of the hosts',
  ),
  pool: expectParsed(parsePoolMinimum, 'a part of the pool; write 60%, or 3 hosts'),
  backend: patternOr(/^[A-Za-z0-9_.:-]+$/, 'the name of a backend'),
  balancer: patternOr(/^[a-z][a-z0-9_-]*$/, 'the kind of a balancer, such as haproxy'),
  time: expectParsed(parseTime, 'a time of day; write it as 09:00'),
  days: expectParsed(parseDays, 'days; write weekdays, weekends, every day, Monday, or Monday to Thursday'),
  zone: (written) =>
    isZone(written)
      ? undefined
      : `${JSON.stringify(written)} is no time zone; write one such as Europe/Berlin`,
  release: patternOr(/^[A-Za-z0-9][\w.+-]{0,99}$/, 'the name of a release, such as 2026.11.3'),
  application: rule(applicationName),
  repository: rule(repositoryName),
  tag: rule(tagName),
  network: rule(networkAddress),
  site: rule(siteName),
  user: rule(userName),
  environment: patternOr(/^[\w./-]+$/, 'the name of an environment'),
  query: (written) => {
    if (!/^`[^`]*`$/.test(written)) return `${JSON.stringify(written)} is no query between backticks`
    const fault = queryFault(queryOf(written))
    return fault === undefined ? undefined : `the query ${written} ${fault}`
  },
  level: (written) =>
    /^-?\d{1,15}(?:\.\d{1,9})?$/.test(written)
      ? undefined
      : `${JSON.stringify(written)} is no number; write one such as 5, 0.01 or -1`,
  url: urlFault,
  status: (written) =>
    /^[2-5]\d\d$/.test(written)
      ? undefined
      : `${JSON.stringify(written)} is no status of an answer; write one from 200 to 599`,
  percent: (written) =>
    /^(?:100|[1-9]?\d(?:\.\d{1,3})?)$/.test(written) && Number(written) > 0
      ? undefined
      : `${written}% is no percentage; write a number above 0, up to 100`,
}

export function parseFact(written: string): { fact: string; operator: string; value: string } | undefined {
  const [, fact, sign, value] = /^([\w.:-]+)\s*(==|=~|!=|<=|>=|=|<|>)\s*(\S.*)$/.exec(written) ?? []
  if (fact === undefined || sign === undefined || value === undefined) return undefined
  return { fact, operator: sign === '=' ? '==' : sign, value }
}

function urlFault(written: string): string | undefined {
  const expected = 'write an address such as https://www.example.net/health'
  // What stands before an @ may be a password, which is repeated nowhere.
  if (!/^https?:\/\/[^\s\p{Cc}]+$/u.test(written) || !URL.canParse(written))
    return `${written.includes('@') ? 'this' : JSON.stringify(written)} is no address to ask; ${expected}`
  const { username, password } = new URL(written)
  return username === '' && password === '' ? undefined : `the address has a user or a password; ${expected}`
}

function factFault(written: string): string | undefined {
  const expectParsed = parseFact(written)
  if (expectParsed === undefined) {
    return `${JSON.stringify(written)} is no fact filter; write fact, operator (${FACT_OPERATORS.join(' ')}) and value, such as country=de`
  }
  return expectParsed.operator === '=~'
    ? patternFault(expectParsed.value.replace(/^\/(.*)\/$/, '$1'))
    : undefined
}

function expectParsed(
  parse: (written: string) => unknown,
  expected: string,
): (written: string) => string | undefined {
  return (written) =>
    parse(written) === undefined ? `${JSON.stringify(written)} is not ${expected}` : undefined
}

function rule(input: InputRule): (written: string) => string | undefined {
  return (written) => {
    if (input.kind !== 'text') return undefined
    const fits = written.length <= input.longest && input.pattern.test(written)
    return fits ? undefined : `${JSON.stringify(written)} is not ${input.expected}`
  }
}

function patternOr(plain: RegExp, expected: string): (written: string) => string | undefined {
  return (written) => {
    if (/^\/.+\/$/.test(written)) return patternFault(written.slice(1, -1))
    return plain.test(written) ? undefined : `${JSON.stringify(written)} is not ${expected}`
  }
}

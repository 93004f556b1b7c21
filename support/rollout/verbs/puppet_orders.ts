import { asking, telling } from '../engine/change'
import type { Answer, Answers } from '../model/answers'
import type { HostGateway } from '../model/obligation'
import type { OwnRun } from '../model/puppet_history'
import { puppetRunOf } from '../../system/puppet_run'
import { groupBy } from '../../system/groups'
import { shortId } from '../../system/git_names'
import { readCode, type FoundCode } from '../model/puppet_code'

/** The code that a line applies: that of an application, or, without a name, the only one that each host has. */
export interface WantedCode {
  application: string | undefined
}

/** The code that each host is to apply, by its digest. A host without gets its catalog from a master. */
export type CodeByHost = ReadonlyMap<string, Pick<FoundCode, 'code' | 'digest'>>

/** Asks hosts for their code. */
export function askCode({ application }: WantedCode): ReturnType<typeof asking> {
  const inputs = application === undefined ? {} : { code: application }
  return asking({ agent: 'puppet', action: 'code', inputs })
}

/** Asks hosts for the report of their last run, with their code as `its_code` beside it. */
export function askReportAndCode(wanted: WantedCode | undefined): ReturnType<typeof asking> {
  const report = asking({ agent: 'puppet', action: 'report', inputs: {} })
  if (wanted === undefined) return report
  return async (hosts, gateway) => {
    const reports = await report(hosts, gateway)
    const codes = await askCode(wanted)(hosts, gateway)
    const outcomes = [...reports.outcomes].map(([host, answer]): [string, Answer] => {
      const its_code = codes.outcomes.get(host)
      return [host, answer.kind === 'answered' ? { ...answer, data: { ...answer.data, its_code } } : answer]
    })
    return {
      ...reports,
      outcomes: new Map(outcomes),
      unexpected: [...reports.unexpected, ...codes.unexpected],
      interrupted: reports.interrupted || codes.interrupted,
    }
  }
}

/** Returns the code that an answer of `askReportAndCode` has beside the report, or why there is none. */
export function codeBeside(answer: Answer): FoundCode | string {
  const own = answer.kind === 'answered' ? (answer.data['its_code'] as Answer | undefined) : undefined
  return own === undefined ? 'its code is not told' : readCode(own)
}

/**
 * Returns the code that a host has and may apply; a sentence where it has none, or where it is other than what its last
 * run in noop has shown.
 */
export function codeToApply(
  answer: Answer,
  how: { noop: boolean; again?: boolean },
  runs: readonly OwnRun[],
): FoundCode | string {
  const found = readCode(answer)
  if (typeof found === 'string') return found
  const own = runs.filter(({ code }) => code?.name === found.code)
  const shown = how.again === true ? own.at(-1) : how.noop ? undefined : own.findLast(({ noop }) => noop)
  if (shown?.code === undefined || shown.code.digest === found.digest) return found
  const [is, was] = [found.digest, shown.code.digest].map((digest) => `sha256:${shortId(digest)}`)
  return `its code of ${found.code} is ${is} now, and was ${was} when it ${shown.noop ? 'ran in noop' : 'was applied'}`
}

/** Orders runs: of those with code of their own, one request for each digest, which the hosts compare. */
export async function orderRuns(
  hosts: readonly string[],
  { noop, codes }: { noop: boolean; codes: CodeByHost },
  gateway: HostGateway,
): Promise<Answers & { runs: ReadonlyMap<string, string> }> {
  const runs = new Map<string, string>()
  const outcomes = new Map<string, Answer>()
  const unexpected: Answers['unexpected'][number][] = []
  let [requestId, interrupted] = ['', false]
  const groups = groupBy(hosts, (host) => {
    const code = codes.get(host)
    return code === undefined ? '' : `${code.code} ${code.digest}`
  })
  for (const own of groups.values()) {
    const code = codes.get(own[0] ?? '')
    const told = await telling(requestOf(code, noop))(own, gateway)
    requestId = told.requestId
    interrupted ||= told.interrupted
    unexpected.push(...told.unexpected)
    for (const host of own) runs.set(host, puppetRunOf(told.requestId))
    for (const [host, answer] of told.outcomes) outcomes.set(host, answer)
  }
  return { requestId, outcomes, unexpected, interrupted, runs }
}

function requestOf(code: Pick<FoundCode, 'code' | 'digest'> | undefined, noop: boolean) {
  const how: Record<string, boolean> = noop ? { noop: true } : {}
  return code === undefined
    ? { agent: 'puppet', action: 'runonce', inputs: { force: true, ...how } }
    : { agent: 'puppet', action: 'apply', inputs: { code: code.code, digest: code.digest, ...how } }
}

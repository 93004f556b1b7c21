import { FAULTS, parseFault, type Fault } from '../simulation/faults'
import type { PlannedScenario } from '../run/run_parts'
import type { RehearsedFault } from '../run/errand'
import type { FaultTable } from '../run/rehearsed'
import { groupOf, kindOf } from '../sentences/catalogue'
import type { EffectGroup } from '../sentences/effects'

const SAID: Readonly<Record<string, string>> = {
  'stops answering': 'silent',
  'does not answer in time': 'very slow',
}
const COLUMNS = ['host', 'fault', 'during']

/** Parses the rows of a table of faults. Returns a sentence that says what is wrong when they cannot be parsed. */
export function parseFaults({ rows }: FaultTable, lines: readonly string[]): RehearsedFault[] | string {
  const [head = [], ...body] = rows
  const columns = head.map((cell) => cell.trim())
  if (
    !columns.includes('host') ||
    !columns.includes('fault') ||
    columns.some((name) => !COLUMNS.includes(name))
  )
    return `a table of faults has the columns host, fault and, if it is wanted, during; this one has: ${columns.join(', ')}`
  const faults: RehearsedFault[] = []
  for (const row of body) {
    const cell = (name: string) => row[columns.indexOf(name)]?.trim() ?? ''
    const [host, fault, during] = [cell('host'), cell('fault'), cell('during')]
    if (!/^(?:(?:first|last) host|[A-Za-z0-9][\w.-]{0,254})$/.test(host))
      return `${JSON.stringify(host)} is no host; write a name, first host or last host`
    if (faultNamed(fault, undefined) === undefined)
      return `there is no fault ${JSON.stringify(fault)}; there are: ${[...Object.keys(SAID), ...Object.keys(FAULTS)].join(', ')}`
    if (during !== '' && !lines.some((line) => line.includes(during)))
      return `no line of the feature has ${JSON.stringify(during)}; write a part of the line that the fault begins with`
    faults.push({ host, fault, during: during === '' ? undefined : during })
  }
  return faults.length > 0 ? faults : 'the table of faults is empty'
}

export function faultNamed(said: string, during: string | undefined): Fault | undefined {
  const fault = parseFault(SAID[said] ?? said)
  return fault === undefined || during === undefined ? fault : { ...fault, during }
}

export function describeFault({ host, fault, during }: RehearsedFault): string {
  return `${host}: ${fault}${during === undefined ? '' : ` during "${during}"`}`
}

/**
 * Returns the faults that are rehearsed of a feature that names none: five that are as likely as any. Where no sentence
 * of Lockstep's changes hosts, the first action of a team's own is taken to.
 */
export function usualFaults(plan: readonly PlannedScenario[]): RehearsedFault[] {
  const lines = plan.flatMap(({ steps }) => steps)
  // What is only fetched, or looked at in noop, changes nothing that hosts serve.
  const telling = lines.filter(
    ({ expression }) => !['fetches tags', 'runs puppet in noop'].includes(kindOf(expression) ?? ''),
  )
  const find = (group: EffectGroup) => telling.find(({ expression }) => groupOf(expression) === group)?.text
  const own = lines.find(({ expression, isAction }) => isAction === true && groupOf(expression) === undefined)
  const [change, out, back] = [find('changes') ?? own?.text, find('takes out'), find('puts back')]
  const deploy = lines.find(({ expression }) => kindOf(expression) === 'deploys tag')?.text
  const run = lines.find(({ expression }) => kindOf(expression) === 'runs puppet')?.text
  const apply = telling.find(({ expression }) => expression?.startsWith('I apply the puppet code'))?.text
  const modules = lines.find(({ expression }) => kindOf(expression) === 'sees puppet modules')?.text
  const leaves = lines.some(({ expression }) => kindOf(expression) === 'sees puppet remains')
  const host = 'first host'
  const on = (during: string | undefined, ...faults: string[]) =>
    during === undefined ? [] : faults.map((fault) => ({ host, fault, during }))
  return [
    ...on(change, 'stops answering', 'fails', 'lies'),
    ...on(deploy, 'post script fails'),
    ...on(run, 'puppet fails', 'puppet gets no catalog', 'puppet is killed'),
    ...on(apply, 'has open code'),
    ...on(modules, 'has other modules'),
    ...on(leaves ? run : undefined, 'puppet leaves a resource'),
    ...on(out, 'stops answering'),
    ...on(back, 'stops answering'),
  ]
}

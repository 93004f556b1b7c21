import type { StepContext } from '../engine/step_context'
import type { Answers } from '../model/answers'
import { describeModules, readCode } from '../model/puppet_code'
import { judgeModules } from '../model/puppet_modules'
import type { Verdict } from '../model/verdict'
import { groupBy } from '../../system/groups'
import { askCode } from './puppet_orders'

type Step = Pick<StepContext, 'executor' | 'append'>

/** The modules of the puppet code that is packed with applications. */
export class PuppetModules {
  constructor(private readonly step: Step) {}

  /** Looks whether hosts have the modules of the Puppetfile in the same folder, and no others. */
  shouldBeThoseOfPuppetfile(application?: string): Promise<Verdict> {
    const ask = askCode({ application })
    return this.step.executor.look({
      request: async (hosts, gateway) => {
        const answers = await ask(hosts, gateway)
        await recordModules(answers, this.step)
        return answers
      },
      read: (answer) => {
        const code = readCode(answer)
        return typeof code === 'string' ? { passed: false, seen: code } : judgeModules(code)
      },
      // A package or a deploy before this line brings other code.
      subject: 'anything',
    })
  }
}

/** Writes down which modules hosts have, for the history. */
export async function recordModules(
  { outcomes }: Pick<Answers, 'outcomes'>,
  step: Pick<Step, 'append'>,
): Promise<void> {
  const found = [...outcomes].flatMap(([host, answer]) => {
    const code = readCode(answer)
    return typeof code === 'string' ? [] : [{ host, code }]
  })
  for (const [code, hosts] of groupBy(found, (each) => each.code.code)) {
    const states = groupBy(hosts, (each) => describeModules(each.code.modules))
    await step.append({
      type: 'modules found',
      code,
      states: Object.fromEntries([...states].map(([state, own]) => [state, own.map(({ host }) => host)])),
    })
  }
}

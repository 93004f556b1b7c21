import { defineParameterType } from '@cucumber/cucumber'
import { LockstepError } from '../system/errors'
import { parseDuration } from '../system/duration'
import { parseAllowance } from '../rollout/model/failure_budget'
import { parsePoolMinimum } from '../rollout/verbs/pool'
import { parseDays, parseTime } from '../rollout/model/time_window'
import { parseWaveSize } from '../rollout/model/wave_plan'
import { parseFact, validators } from '../preflight/validation'

// The expressions take more than is right, so that what is wrong is named as such and not as an unknown step. Editors
// read them from here, which is why they are literal.
defineParameterType({ name: 'ip', regexp: /\S+/, transformer: checked('ip'), useForSnippets: false })
defineParameterType({ name: 'class', regexp: /\S+/, transformer: checked('class'), useForSnippets: false })
defineParameterType({
  name: 'identity',
  regexp: /\S+/,
  transformer: checked('identity'),
  useForSnippets: false,
})
defineParameterType({
  name: 'file',
  regexp: /\S+/,
  transformer: (path: string) => path,
  useForSnippets: false,
})
defineParameterType({
  name: 'package',
  regexp: /\S+/,
  transformer: checked('package'),
  useForSnippets: false,
})
defineParameterType({
  name: 'version',
  regexp: /\S+/,
  transformer: checked('version'),
  useForSnippets: false,
})
defineParameterType({
  name: 'service',
  regexp: /\S+/,
  transformer: checked('service'),
  useForSnippets: false,
})
defineParameterType({ name: 'check', regexp: /\S+/, transformer: checked('check'), useForSnippets: false })
defineParameterType({
  name: 'count',
  regexp: /-?[\d.,e+]+/,
  transformer: (written: string) => Number(checked('count')(written)),
  useForSnippets: false,
})
defineParameterType({
  name: 'fact',
  regexp: /\S.*/,
  transformer: (written: string) =>
    parseFact(checked('fact')(written)) ?? { fact: '', operator: '==', value: '' },
  useForSnippets: false,
})
defineParameterType({
  name: 'duration',
  regexp: /\S+(?: \S+)?/,
  transformer: (written: string) => parseDuration(checked('duration')(written)) ?? 0,
  useForSnippets: false,
})

defineParameterType({
  name: 'wave',
  regexp: /\S+(?: \S+)?/,
  transformer: (written: string) => parseWaveSize(checked('wave')(written)) ?? { kind: 'rest' as const },
  useForSnippets: false,
})
defineParameterType({
  name: 'allowance',
  regexp: /\S+ hosts?|\S+ of the hosts/,
  transformer: (written: string) => parseAllowance(checked('allowance')(written)) ?? { hosts: 0 },
  useForSnippets: false,
})
defineParameterType({
  name: 'pool',
  regexp: /\S+%|\S+ hosts?/,
  transformer: (written: string) => parsePoolMinimum(checked('pool')(written)) ?? { percent: 100 },
  useForSnippets: false,
})
defineParameterType({
  name: 'backend',
  regexp: /\S+/,
  transformer: checked('backend'),
  useForSnippets: false,
})
defineParameterType({
  name: 'time',
  regexp: /\d\S*/,
  transformer: (written: string) => parseTime(checked('time')(written)) ?? 0,
  useForSnippets: false,
})
defineParameterType({
  name: 'days',
  regexp: /\S+(?: to \S+)?|every day/,
  transformer: (written: string) => ({
    written,
    days: parseDays(checked('days')(written)) ?? new Set<number>(),
  }),
  useForSnippets: false,
})
defineParameterType({ name: 'zone', regexp: /\S+/, transformer: checked('zone'), useForSnippets: false })
defineParameterType({
  name: 'percent',
  regexp: /-?[\d.,e+]+/,
  transformer: (written: string) => Number(checked('percent')(written)),
  useForSnippets: false,
})
defineParameterType({
  name: 'release',
  regexp: /\S+/,
  transformer: checked('release'),
  useForSnippets: false,
})
defineParameterType({
  name: 'environment',
  regexp: /\S+/,
  transformer: checked('environment'),
  useForSnippets: false,
})

function checked(name: string): (written: string) => string {
  return (written) => {
    const fault = validators[name]?.(written)
    if (fault !== undefined) throw new LockstepError('bad-feature', fault)
    return written
  }
}

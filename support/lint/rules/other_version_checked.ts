import type { Fault, Rule } from '../rule'
import { is, mayAct, named, type MomentOf, type Story } from '../story'

export const otherVersionChecked: Rule = {
  id: 'other-version-checked',
  severity: 'error',
  why: 'The rollout could only stop here, with its hosts changed.',
  fix: 'Say the same version on both lines, whole, as the package manager has it.',
  find: (story) => story.of('sees version').flatMap((look) => installedOther(story, look)),
}

function installedOther(story: Story, look: MomentOf<'sees version'>): Fault[] {
  const { name, version } = look.deed
  const last = story
    .beforeInScenario(look)
    .find((moment) => mayAct(moment) || (is(moment, 'changes package') && moment.deed.name === name))
  if (last === undefined || !is(last, 'changes package')) return []
  const installed = last.deed.version
  return installed === undefined || installed === version
    ? []
    : [{ line: look.line, message: `${version} is looked for, but ${named(last)} installs ${installed}` }]
}

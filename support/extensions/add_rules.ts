import type { Rule } from '../lint/rule'
import { rules as ownRules } from '../lint/rules'
import { RULE_FAILED, type TeamRule } from '../lint/team_rule'
import type { Adding } from './refuse'

const ID = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/

/** Adds the rules that a file exports. Each is checked here, once, and is later what it was then. */
export function addRules(all: TeamRule[], exported: unknown, { file, refuse }: Adding): void {
  if (exported === undefined) return
  if (!Array.isArray(exported)) return refuse('its rules are no list')
  exported.forEach((written: unknown, index) => {
    const rule = (typeof written === 'object' ? (written ?? {}) : {}) as Partial<Rule>
    const { id, severity, why, fix, find } = rule
    if (typeof id !== 'string' || !ID.test(id))
      return refuse(
        `rule ${index + 1} has no id; expected small letters, digits and dashes, such as no-friday`,
      )
    if (id === RULE_FAILED || id.startsWith('allow-') || ownRules.some((own) => own.id === id))
      return refuse(`Lockstep has a rule ${id} already; give it another id`)
    const twin = all.find((other) => other.rule.id === id)
    if (twin !== undefined) return refuse(`${twin.file} has a rule ${id} already; give it another id`)
    if (severity !== 'error' && severity !== 'warning')
      return refuse(`the rule ${id} has no severity; expected error or warning`)
    if (!isSentence(why) || !isSentence(fix))
      return refuse(`the rule ${id} lacks why or fix; expected a sentence each`)
    if (typeof find !== 'function') return refuse(`the rule ${id} has no function find`)
    all.push({ rule: { id, severity, why, fix, find: (timeline) => find.call(rule, timeline) }, file })
  })
}

function isSentence(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== ''
}

import type { Envelope, StepDefinition } from '@cucumber/messages'
import { referencesIn } from '../config/variables'
import type { FeatureText } from '../lint/feature_text'
import { lint } from '../lint/lint'
import { matchWritten } from '../lint/written_steps'
import { contractsWith } from '../rpc/contracts'
import { featureTexts } from './feature_texts'
import { oddBalancers } from './odd_balancers'
import { Preflight, UNKNOWN_STEP, type Finding } from './preflight'
import type { StepFunction } from './step_arguments'

/** A remark about a feature that was read without the code and the settings of its team. */
export interface LoneRemark extends Finding {
  severity: 'error' | 'warning'
  /** True where the code of the team may know what is said to be unknown. */
  ofTeam?: true
}

/** The mark of a step with a variable: its value is known to a rollout alone. */
const LATER = 'a variable is filled in later'
/** The rule of the linter about rules that are not known; they may be the team's own. */
const RULE_OF_TEAM = 'allow-unknown-rule'

/**
 * Judges features by their text and by Lockstep's own sentences alone. What a team may add by code or settings of its
 * own, such as steps, rules, balancers and variables, is not known here.
 */
export class LoneFeatures {
  private readonly withVariables = new Set<string>()
  private readonly preflight: Preflight

  constructor(functionOf: (definition: StepDefinition) => StepFunction) {
    const unfilled = (id: string) => (this.withVariables.has(id) ? [LATER] : [])
    // The reader of these remarks is at another machine, where no path of this one means anything.
    this.preflight = new Preflight(unfilled, functionOf, 'lockstep steps')
  }

  hear(envelope: Envelope): void {
    // It cuts steps that are too long, before anything else reads them.
    this.preflight.hear(envelope)
    for (const { id, text, argument } of envelope.pickle?.steps ?? [])
      if (referencesIn(`${text} ${JSON.stringify(argument ?? '')}`).length > 0) this.withVariables.add(id)
  }

  /** Returns the features that cucumber could not parse. */
  get unparsed(): ReadonlySet<string> {
    return new Set(this.preflight.unparsed)
  }

  /** Returns the remarks about the features, in the order of their lines. */
  remarks(): LoneRemark[] {
    const { preflight } = this
    const planned = preflight.planned()
    const balancers = planned.flatMap(({ steps }) => steps.flatMap(({ values }) => values))
    const known = balancers.flatMap(({ type, value }) => (type === 'balancer' ? [value] : []))
    const findings = preflight
      .findings({ balancers: known, contractOf: contractsWith(new Map()) })
      .filter(({ message }) => message !== LATER)
    const texts = featureTexts(preflight.heard).map(withWrittenSteps)
    return [
      ...findings.map((each): LoneRemark =>
        each.message.startsWith(UNKNOWN_STEP) ? ofTeam(each) : { ...each, severity: 'error' },
      ),
      ...texts.flatMap((text) => lint(text)).map(fromLint),
      ...oddBalancers(planned, []).map(ofTeam),
      ...preflight.idle
        .filter((uri) => !this.unparsed.has(uri))
        .map((uri): LoneRemark => ({
          uri,
          line: 1,
          severity: 'warning',
          message: 'no scenario of it would be run',
        })),
    ].sort((a, b) => a.line - b.line)
  }
}

function ofTeam({ uri, line, message }: Finding): LoneRemark {
  return { uri, line, message, severity: 'warning', ofTeam: true }
}

function fromLint({ uri, line, rule, severity, message }: ReturnType<typeof lint>[number]): LoneRemark {
  const said = { uri, line, message: `${rule}: ${message}` }
  return rule === RULE_OF_TEAM ? ofTeam(said) : { ...said, severity }
}

/** A line whose variable keeps it from being matched is read by its words: the linter knows what it is for. */
function withWrittenSteps(feature: FeatureText): FeatureText {
  const scenarios = feature.scenarios.map(({ steps }) => ({
    steps: steps.map((step) =>
      step.expression === undefined && referencesIn(step.text).length > 0
        ? { ...step, ...matchWritten(step.text) }
        : step,
    ),
  }))
  return { ...feature, scenarios }
}

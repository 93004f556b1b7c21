import { html as page, linesOf, NOTHING, type Markup } from '../../reporting/html/markup'
import { nameOf } from '../pages/parts'
import type { StartableFeature } from './feature_list'
import { VALUE_OF, type OwnVariables } from './start_wish'

/** The features that a browser is given to choose from, at most. */
const MAX_OFFERED = 500

export interface ChoiceData {
  /** The features of the list, and the environments that the reader may plan in. */
  features: readonly string[]
  environments: readonly string[]
  feature: string | undefined
  environment: string | undefined
}

/** Shows the choice of what is started, and where: the first half of the form. */
export function choiceForm({ features, environments, feature, environment }: ChoiceData): Markup {
  const options = (all: readonly string[], chosen: string | undefined) =>
    all.map((name) =>
      name === chosen
        ? page`<option value="${name}" selected>${name}</option>`
        : page`<option value="${name}">${name}</option>`,
    )
  const more =
    features.length > MAX_OFFERED
      ? page`<p class="lead bad">lockstep.yaml names ${features.length} features, and the first ${MAX_OFFERED} are offered here; name fewer in console: { features: … }</p>\n`
      : NOTHING
  return page`${more}<form class="find" method="get" action="/start" aria-label="What is started, and where">
<div><label for="feature">Feature</label><select id="feature" name="feature">${options(features.slice(0, MAX_OFFERED), feature)}</select></div>
<div><label for="environment">Environment</label><select id="environment" name="environment">${options(environments, environment)}</select></div>
<div><button>Choose</button></div></form>
`
}

/** Shows the form for the values of a feature: a field for each variable that it has, and for no other. */
export function wishForm({
  feature,
  environment,
  own,
  token,
  text,
  choice,
}: {
  feature: StartableFeature
  environment: string
  own: OwnVariables
  token: string
  text: string
  /** The choice of the tag that the feature deploys, if it deploys one. */
  choice: ((hint: string) => Markup) | undefined
}): Markup {
  const fields = feature.variables.map((name, index) => {
    const kind = own.get(name)
    if (kind === 'secret')
      return page`<div><p><b>${name}</b> <span class="muted">is a secret of ${nameOf(environment)}</span></p></div>\n`
    const hint = kind === 'plain' ? `${name} (empty: as ${environment} has it)` : name
    if (choice !== undefined && name === feature.tag?.variable) return choice(hint)
    const needed = kind === undefined ? page` required` : NOTHING
    return page`<div><label for="value${index}">${hint}</label><input id="value${index}" name="${VALUE_OF}${name}" maxlength="1000" autocomplete="off"${needed}></div>\n`
  })
  return page`<h2>${feature.path} <small>for ${nameOf(environment)}</small></h2>
<p>It is linted, rehearsed on simulated hosts, and planned against the real ones. No host is changed by that.</p>
<form class="find" method="post" action="/starts" aria-label="Values of the start"><input type="hidden" name="form" value="${token}"><input type="hidden" name="feature" value="${feature.path}"><input type="hidden" name="environment" value="${environment}">
${fields}<div><label for="release">Release, if it has a name</label><input id="release" name="release" maxlength="100" autocomplete="off"></div>
<div><label for="ticket">Ticket, such as OPS-123</label><input id="ticket" name="ticket" maxlength="300" autocomplete="off"></div>
<div><label for="limit">Only these hosts, if not all</label><input id="limit" name="limit" maxlength="1000" autocomplete="off"></div>
<div><button>Lint, rehearse and plan</button></div></form>
<details><summary>The feature</summary>
${linesOf(page, text)}</details>
`
}

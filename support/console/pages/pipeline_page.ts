import { clean } from '../../rollout/model/verdict'
import { html as page, NOTHING, type Markup } from '../../reporting/html/markup'
import { formatLockstep, PLACES, quoteWord } from '../../system/commands'
import { abbreviateRef } from '../../pipeline/format_pipeline'
import {
  addressOf,
  commandOf,
  emptyState,
  faultsOf,
  linkTo,
  listOf,
  moreOf,
  nameOf,
  timeOf,
  type Mark,
} from './parts'
import { MAX_COMMITS, type CommitOnItsWay, type PipelineData, type RepositoryData } from './pipeline_data'

const MAX_SHOWN = 50
const MAX_LINE = 600
const MAX_LINES = 20

/** Shows each repository, and how far its newest commit has come. */
export function pipelinePage({
  isServed,
  spools,
  repositories,
  unused,
  packages,
  faults,
}: PipelineData): Markup {
  const isNothing = repositories.length + unused.length + packages.length + spools.length === 0
  const cards = repositories.slice(0, MAX_SHOWN).map(
    ({ repository, commits, waiting, newest }) =>
      page`<section class="card"><h2>${linkTo(addressOf('pipeline', repository), nameOf(repository))} <small>${commits} ${commits === 1 ? 'commit' : 'commits'}${waiting === 0 ? '' : `, ${waiting} not asked about yet`}</small></h2>
${newest === undefined ? page`<p class="muted">No commit of it was seen yet.</p>\n` : commitItem(newest, 3)}</section>
`,
  )
  const left = repositories.length - MAX_SHOWN
  return page`${faultsOf(faults)}${notServed(isServed, isNothing)}${
    spools.length === 0
      ? NOTHING
      : listOf(
          spools.map((line) => page`<b class="warn">${line}</b>`),
          MAX_SHOWN,
        )
  }${cards}${left > 0 ? page`<p class="muted">… and ${left} more repositories</p>\n` : NOTHING}${
    unused.length === 0
      ? NOTHING
      : page`<h2>Nothing was pushed yet</h2>\n${listOf(
          unused.map((name) => linkTo(addressOf('pipeline', name), nameOf(name))),
          MAX_SHOWN,
        )}`
  }${
    packages.length === 0
      ? NOTHING
      : page`<h2>Package repositories</h2>\n${listOf(
          packages.map((line) => page`${clean(line, MAX_LINE)}`),
          MAX_SHOWN,
        )}`
  }${isNothing ? beginning() : NOTHING}`
}

function notServed(isServed: boolean, isNothing: boolean): Markup {
  return isServed || isNothing
    ? NOTHING
    : page`<p class="lead warn">lockstep serve does not run here: nothing is taken, and nothing is tested</p>\n`
}

function beginning(): Markup {
  return emptyState('No repository is followed here yet. What comes next:', [
    [
      'Write pipeline: { repositories: … } into lockstep.yaml, and start the service anew. Then leave each push with it:',
      formatLockstep('hook --install /srv/git/website.git', PLACES),
    ],
    ['See what became of pushes in a terminal too:', formatLockstep('pipeline', PLACES)],
  ])
}

/** Shows the commits of a repository, the newest first, each with its way to hosts. */
export function repositoryPage({
  repository,
  isServed,
  waiting,
  commits,
  passedOver,
  faults,
}: RepositoryData): Markup {
  const here = addressOf('pipeline', repository)
  const told = waiting.map(
    ({ ref, at }) =>
      page`${abbreviateRef(ref)} was pushed at ${timeOf(at)}; the repository has not been asked yet`,
  )
  const nothing = emptyState(`No push to ${nameOf(repository)} is known here.`, [
    [
      'The hook of the repository leaves each push here:',
      formatLockstep('hook --install /srv/git/website.git', PLACES),
    ],
  ])
  return page`${faultsOf(faults)}${notServed(isServed, false)}${told.length === 0 ? NOTHING : listOf(told, MAX_SHOWN)}${
    commits.count === 0 && told.length === 0 ? nothing : NOTHING
  }${commits.shown.map((each) => commitItem(each, MAX_LINES))}${moreOf(commits, 'commits', MAX_COMMITS, (from) => `${here}?from=${from}`)}${
    commits.shown.length === 0
      ? NOTHING
      : page`<p>Test a commit again:</p>\n${commandOf(formatLockstep(`pipeline ${quoteWord(repository)} --again ${commits.shown[0]?.id ?? ''}`, PLACES))}`
  }${
    passedOver.length === 0
      ? NOTHING
      : page`<details><summary>Passed over: ${passedOver.length}</summary>\n${listOf(
          passedOver.map(({ ref, why, at }) => page`${timeOf(at)}: ${abbreviateRef(ref)}: ${clean(why)}`),
          MAX_SHOWN,
        )}</details>\n`
  }`
}

function commitItem(
  { id, refs, seenAt, tests, below, tone, ways, approve, plans, repository }: CommitOnItsWay,
  most: number,
): Markup {
  return page`<article class="run"><p><b><code>${id}</code> ${clean(refs, 300)}</b> <span class="muted">${timeOf(seenAt)}</span></p>
${ways.map(wayOf)}<p class="${tone === 'bad' ? 'bad' : 'plain'}">${clean(tests, MAX_LINE)}</p>
${
  below.length === 0
    ? NOTHING
    : listOf(
        below.map((line) => page`${clean(line, MAX_LINE)}`),
        most,
      )
}${plans.map(
    ({ environment, plan, run }) =>
      page`<p>${linkTo(addressOf('pipeline', repository, 'plans', run), `The plan ${plan} for ${nameOf(environment)}`)}</p>\n`,
  )}${
    approve.length === 0 ? NOTHING : page`<p>Approve exactly this plan:</p>\n${approve.map(commandOf)}`
  }</article>
`
}

function wayOf({ environment, steps }: CommitOnItsWay['ways'][number]): Markup {
  const each = steps.map(
    ({ text, tone }: Mark) => page`<li class="${tone === 'muted' ? 'later' : tone}">${text}</li>\n`,
  )
  const label = environment === undefined ? 'Its way' : `Its way to ${nameOf(environment)}`
  const name = environment === undefined ? NOTHING : page`<span class="muted">${nameOf(environment)}</span>`
  return page`<div class="ways">${name}<ol class="way" aria-label="${label}">${each}</ol></div>\n`
}

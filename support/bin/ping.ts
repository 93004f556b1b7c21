import { showWaits } from '../reporting/console/show_waits'
import { surroundingsOf } from '../run/parameters'
import { formatSurvey } from '../survey/format_survey'
import { formatTags, judgeTags, tagsDocument } from '../survey/format_tags'
import { ping as pingHosts } from '../survey/ping'
import { surveyDocument } from '../survey/survey_json'
import { askForTags } from '../survey/tags_on_hosts'
import { idleClock, systemClock } from '../system/clock'
import { LockstepError } from '../system/errors'
import { redactNothing } from '../system/redaction'
import type { Call, Outcome } from './command'
import { formatJson } from './json'

interface Options {
  tags: string | undefined
  tag: string | undefined
  class: readonly string[]
  fact: readonly string[]
  json: boolean
}

/**
 * Prints who is there, how fast, and what runs there. The exit status is 1 where an expected host is silent or an
 * answer cannot be believed, and 3 where no host answers. With `tags`, hosts tell their tags of a repository instead.
 */
export async function ping({ cwd, env, options }: Call<Options>): Promise<Outcome> {
  const asked = { classes: options.class, facts: options.fact }
  const { signal } = new AbortController()
  const paper = { stream: process.stderr, env, clock: idleClock, redact: redactNothing }
  const { tags: repository, tag } = options
  if (repository === undefined && tag !== undefined)
    throw new LockstepError('bad-input', '--tag needs the repository of the tag: --tags <repository>')
  if (repository !== undefined) {
    const found = await showWaits(paper, (tellWait) =>
      askForTags({ ...asked, repository, tag }, surroundingsOf(env), cwd, {
        clock: systemClock,
        signal,
        tellWait,
      }),
    )
    const text = options.json ? formatJson('lockstep/tags/1', tagsDocument(found)) : formatTags(found)
    return { text, exitCode: judgeTags(found) }
  }
  const { survey, exitCode } = await showWaits(paper, (tellWait) =>
    pingHosts(asked, surroundingsOf(env), cwd, { clock: systemClock, signal, tellWait }),
  )
  const text = options.json
    ? formatJson('lockstep/ping/1', surveyDocument(survey, exitCode))
    : formatSurvey(survey)
  return { text, exitCode }
}

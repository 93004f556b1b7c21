import { showWaits } from '../reporting/console/show_waits'
import { surroundingsOf } from '../run/parameters'
import { formatSurvey } from '../survey/format_survey'
import { ping as pingHosts } from '../survey/ping'
import { surveyDocument } from '../survey/survey_json'
import { idleClock, systemClock } from '../system/clock'
import { redactNothing } from '../system/redaction'
import type { Call, Outcome } from './command'
import { formatJson } from './json'

interface Options {
  class: readonly string[]
  fact: readonly string[]
  json: boolean
}

/**
 * Prints who is there, how fast, and what runs there. The exit status is 1 where an expected host is silent or an
 * answer cannot be believed, and 3 where no host answers.
 */
export async function ping({ cwd, env, options }: Call<Options>): Promise<Outcome> {
  const asked = { classes: options.class, facts: options.fact }
  const { signal } = new AbortController()
  const paper = { stream: process.stderr, env, clock: idleClock, redact: redactNothing }
  const { survey, exitCode } = await showWaits(paper, (tellWait) =>
    pingHosts(asked, surroundingsOf(env), cwd, { clock: systemClock, signal, tellWait }),
  )
  const text = options.json
    ? formatJson('lockstep/ping/1', surveyDocument(survey, exitCode))
    : formatSurvey(survey)
  return { text, exitCode }
}

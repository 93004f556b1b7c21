import * as v from 'valibot'
import { duration } from './duration_setting'
import { allowKnownKeys } from './known_keys'
import { secret, type ReadSecret } from './secrets'

const URL_FORM = 'the address of Jenkins, such as https://jenkins.example.net/'
const JOB = 'the name of a job, with its folders: website, or team/website'
const PARAMETER = 'a name of letters, digits and _, which does not begin with PIPELINE_'

/** The schema of `ci.jenkins`: a job of a Jenkins tests the commits. */
export const jenkinsSetting = allowKnownKeys({
  url: v.pipe(v.string(URL_FORM), v.regex(/^https?:\/\/[^\s/?#@\p{Cc}]+(?:\/[^\s?#\p{Cc}]*)?$/u, URL_FORM)),
  job: v.pipe(
    v.string(JOB),
    v.regex(/^(?!\.\.?(?:\/|$))[^/\p{Cc}]+(?:\/(?!\.\.?(?:\/|$))[^/\p{Cc}]+)*$/u, JOB),
  ),
  user: v.pipe(v.string('the name of a user'), v.regex(/^[^:\p{Cc}]+$/u, 'the name of a user')),
  token: secret,
  within: v.optional(duration, '2 hours'),
  parameters: v.optional(
    v.record(
      v.pipe(v.string(), v.regex(/^(?!PIPELINE_)\w+$/, PARAMETER)),
      v.string('a text'),
      `names, each ${PARAMETER}, with texts`,
    ),
    {},
  ),
})

/** A job of a Jenkins tests the commits. `lockstep serve` starts it, and asks it for results. */
export interface JenkinsBuild {
  kind: 'jenkins'
  /** The address of Jenkins, without a slash at its end. */
  url: string
  /** The name of the job, with its folders. */
  job: string
  user: string
  token: string
  /** Milliseconds that a build may take, its time in the queue included. */
  within: number
  parameters: Readonly<Record<string, string>>
}

/** @throws LockstepError `bad-config` where the token cannot be had */
export function resolveJenkins(
  { token, url, ...rest }: v.InferOutput<typeof jenkinsSetting>,
  read: ReadSecret,
): JenkinsBuild {
  const value = read(token, 'token of jenkins', 'jenkins', 'token')
  return { kind: 'jenkins', ...rest, url: url.replace(/\/+$/, ''), token: value }
}

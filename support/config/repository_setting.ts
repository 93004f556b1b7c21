import * as v from 'valibot'

export const REPOSITORY = 'a name of small letters, digits, - and _'
const URL_FORMS = 'ssh://…, https://…, git@host:path, or an absolute path'

/** The schema of the place of a repository: a form that git can fetch from, and no command. */
export const urlSetting = v.pipe(
  v.string(URL_FORMS),
  v.regex(
    /^(?:(?:ssh|https?|git|file):\/\/[^\s\p{Cc}]+|[\w.-]+@[\w.-]+:[^\s\p{Cc}]+|\/[^\p{Cc}]+)$/u,
    URL_FORMS,
  ),
)

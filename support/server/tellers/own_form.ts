import * as v from 'valibot'
import { changeOf, shownName, toldChange, type Reading } from './told'

/** The most refs that one request may tell of. */
const MAX_CHANGES = 1_000

const ownForm = v.object({
  // Without an id, a branch that goes back and forth would look like one push that is told again.
  id: v.pipe(v.string(), v.minLength(1), v.maxLength(256)),
  repository: v.optional(v.string()),
  by: v.optional(v.nullable(v.string())),
  changes: v.pipe(v.array(v.object(toldChange)), v.minLength(1), v.maxLength(MAX_CHANGES)),
})

/** Reads the form for senders of a team's own: one id, and what has changed. */
export function readOwnForm(body: unknown, repository: string): Reading {
  const parsed = v.safeParse(ownForm, body)
  if (!parsed.success)
    return {
      fault: `is no push: expected id, and changes: 1 to ${MAX_CHANGES} of {ref, before, after}, as git writes them`,
    }
  const { repository: named = repository, by, changes } = parsed.output
  if (named !== repository) return { fault: `is of another repository than ${repository}` }
  return { push: { by: shownName(by ?? undefined), changes: changes.map(changeOf) } }
}

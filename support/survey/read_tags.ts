import { fits } from '../rpc/contracts/contract'
import { MAX_TAGS_TOLD } from '../rpc/contracts/git'
import { commitId, tagName } from '../rpc/contracts/rules'
import type { ToldTags } from './fold_tags'

/**
 * Reads what a host tells of its tags, or returns why that is not known. A host that tells anything that can be no tag is
 * believed nothing. `wanted` is the one tag that it was asked about.
 */
export function readTags(
  { tags, count }: Readonly<Record<string, unknown>>,
  wanted: string | undefined,
): ToldTags | string {
  if (typeof tags !== 'object' || tags === null || Array.isArray(tags)) return 'it does not tell its tags'
  const told = Object.entries(tags)
  if (told.length > MAX_TAGS_TOLD)
    return `it tells ${told.length} tags at once, and a host tells ${MAX_TAGS_TOLD} at most`
  if (typeof count !== 'number' || !Number.isInteger(count) || count < told.length)
    return 'it tells more tags than it says that it has'
  if (told.length < Math.min(count, MAX_TAGS_TOLD)) return 'it tells fewer tags than it says that it has'
  const own = new Map<string, string>()
  for (const [name, commit] of told) {
    if (!fits(tagName, name) || typeof commit !== 'string' || !fits(commitId, commit))
      return 'it tells a tag or a commit that can be none'
    if (wanted === undefined || name === wanted) own.set(name, commit)
  }
  return { tags: own, isWhole: wanted !== undefined || count === own.size }
}

export interface ReleaseState {
  version: string
  changelog: string
  /** The lines of `git status --porcelain`. */
  changed: readonly string[]
  tags: readonly string[]
  /** The tags of the commit that is checked out. */
  tagsHere: readonly string[]
  /** The tag whose release is built; undefined where the release is yet to be tagged. */
  ofTag: string | undefined
}

export interface ReleaseFault {
  kind: 'tree' | 'changelog' | 'tag'
  text: string
}

/** Returns why a release cannot be made of what is there, one sentence each. */
export function faultsOfRelease(state: ReleaseState): ReleaseFault[] {
  const { version, changelog, changed } = state
  const shown = changed.slice(0, 5).map((line) => line.slice(3))
  const more = changed.length > shown.length ? ` and ${changed.length - shown.length} more` : ''
  const heading = `## [${version}]`
  return [
    ...(changed.length === 0
      ? []
      : [
          {
            kind: 'tree' as const,
            text: `the tree is not clean: ${shown.join(', ')}${more}; commit it, or take it away`,
          },
        ]),
    ...(changelog.split('\n').some((line) => line === heading || line.startsWith(`${heading} `))
      ? []
      : [
          {
            kind: 'changelog' as const,
            text: `CHANGELOG.md has no heading ${heading}; say there what the version brings, or change package.json`,
          },
        ]),
    ...faultsOfTag(state).map((text) => ({ kind: 'tag' as const, text })),
  ]
}

export function tagOf(version: string): string {
  return `v${version}`
}

function faultsOfTag({ version, tags, tagsHere, ofTag }: ReleaseState): string[] {
  const tag = tagOf(version)
  if (ofTag === undefined)
    return tags.includes(tag) ? [`the tag ${tag} exists; give package.json the next version`] : []
  if (ofTag !== tag) return [`the tag ${ofTag} is not ${tag}, as package.json has the version`]
  return tagsHere.includes(tag) ? [] : [`the tag ${tag} is not at the commit that is checked out`]
}

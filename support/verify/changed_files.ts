/** A file as a new commit has it, and as none of the parents of that commit has it. */
export interface ChangedFile {
  commit: string
  /** The path in the repository, as UTF-8; other bytes of it are replaced. It is hostile text. */
  path: string
  kind: 'file' | 'link' | 'submodule'
  /** The id of its content. */
  blob: string
}

/** The most bytes of one record; git has no limit for a path but that of the object, and trees nest without end. */
const MAX_RECORD = 16 * 1024

/**
 * Matches the head of a record of `git diff-tree -r -c --raw -z`. A merge has a colon, a mode and an id for each of its
 * parents; the last mode and id are those of the commit itself. Source: git-diff-tree(1), "Raw output format".
 */
const HEAD = /^(:+)((?:[0-7]{6} )+)((?:[0-9a-f]{40} )+|(?:[0-9a-f]{64} )+)[A-Z]\d*[A-Z]*$/
const COMMIT = /^\n?(?:[0-9a-f]{40}|[0-9a-f]{64})\n?$/

/** Parses what `git diff-tree --stdin -r -c --root --raw -z` prints, piece by piece. Files that were removed are left out. */
export class ChangedFiles {
  private rest = Buffer.alloc(0)
  private commit: string | undefined
  private head: Omit<ChangedFile, 'commit' | 'path'> | 'removed' | undefined

  /**
   * Takes a piece of the output, and returns the files that it completes.
   * @throws Error for anything but such output
   */
  take(piece: Buffer): ChangedFile[] {
    const all = this.rest.length === 0 ? piece : Buffer.concat([this.rest, piece])
    const found: ChangedFile[] = []
    let from = 0
    for (let end = all.indexOf(0); end !== -1; end = all.indexOf(0, from)) {
      const file = this.record(all.subarray(from, end))
      if (file !== undefined) found.push(file)
      from = end + 1
    }
    this.rest = Buffer.from(all.subarray(from))
    expectShort(this.rest)
    return found
  }

  /** @throws Error where the output ended in the middle of a record */
  end(): void {
    if (this.rest.length > 0 || this.head !== undefined) throw new Error('git did not tell of all files')
  }

  private record(bytes: Buffer): ChangedFile | undefined {
    expectShort(bytes)
    const { head, commit } = this
    if (head !== undefined) {
      this.head = undefined
      if (head === 'removed') return undefined
      if (commit === undefined) throw new Error('git told of a file of no commit')
      return { commit, path: bytes.toString('utf8'), ...head }
    }
    const text = bytes.toString('latin1')
    if (COMMIT.test(text)) this.commit = text.trim()
    else this.head = parseHead(text)
    return undefined
  }
}

function expectShort({ length }: Buffer): void {
  if (length > MAX_RECORD)
    throw new Error(`a path has more than ${MAX_RECORD} bytes: no such path can be checked`)
}

function parseHead(text: string): Omit<ChangedFile, 'commit' | 'path'> | 'removed' {
  const [, colons = '', modes = '', ids = ''] = HEAD.exec(text) ?? []
  const [mode, blob] = [modes.trim().split(' '), ids.trim().split(' ')]
  if (colons === '' || mode.length !== colons.length + 1 || blob.length !== mode.length)
    throw new Error('git told of the changed files in a form that is not known')
  const [last = '', id = ''] = [mode.at(-1), blob.at(-1)]
  if (last === '000000') return 'removed'
  return { kind: last === '120000' ? 'link' : last === '160000' ? 'submodule' : 'file', blob: id }
}

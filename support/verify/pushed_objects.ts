import { spawn } from 'node:child_process'
import { pickReason } from '../system/reason'
import { ChangedFiles, type ChangedFile } from './changed_files'
import { MAX_GIT_MEMORY_MB } from './limits'

/**
 * The only variables of git that its programs get. `git receive-pack` sets them for a `pre-receive`, over all that a
 * pusher may have set: the objects of a push lie apart until the hook has passed. Source: git-receive-pack(1),
 * "QUARANTINE ENVIRONMENT".
 */
const OF_GIT = ['GIT_DIR', 'GIT_OBJECT_DIRECTORY', 'GIT_ALTERNATE_OBJECT_DIRECTORIES', 'GIT_QUARANTINE_PATH']
const MAX_ERROR = 4_096
/** A script of sh that runs a program with a limit of memory. Files that it maps to read them do not count. */
const LIMITED = 'ulimit -d "$0" && exec "$@"'
/** The exit status of sh for a program that it does not find. */
const NOT_FOUND = 127

/** Ends git where no more is wanted. */
class Enough extends Error {}

/** An object as it is, and the size of its content. */
export interface Blob {
  id: string
  size: number
}

export interface PushedObjectsOptions {
  /** The environment of the hook. */
  env: Readonly<Record<string, string | undefined>>
  cwd: string
  signal: AbortSignal
  /** The megabytes of memory that git gets for its values; `MAX_GIT_MEMORY_MB` without it. */
  memoryMb?: number
}

/**
 * Reads the objects of a push out of the repository, before anybody has them. No file is checked out: neither filters nor
 * attributes nor hooks of the push take part, and no ref replaces an object.
 */
export class PushedObjects {
  constructor(private readonly options: PushedObjectsOptions) {}

  /** Returns the commit of each id; undefined for what is none, nor a tag of one. */
  async commitsOf(ids: readonly string[]): Promise<(string | undefined)[]> {
    const args = ['cat-file', '--batch-check=%(objecttype) %(objectname)']
    const lines = await this.linesOf(
      args,
      ids.map((id) => `${id}^{commit}`),
    )
    if (lines.length !== ids.length) throw new Error('git did not tell of all refs')
    return lines.map((line) => /^commit ([0-9a-f]+)$/.exec(line)?.[1])
  }

  /**
   * Returns the commits that no ref of the repository leads to yet, up to one more than `most`. The refs of the push are
   * not among them.
   */
  async newCommits(tips: readonly string[], most: number): Promise<string[]> {
    return this.linesOf(['rev-list', `--max-count=${most + 1}`, '--stdin', '--not', '--all'], tips)
  }

  /**
   * Tells of each file that a commit has and none of its parents has, at that path and of that kind. Ends git, and returns
   * false, once `take` returns false.
   */
  async changedFiles(commits: readonly string[], take: (file: ChangedFile) => boolean): Promise<boolean> {
    const files = new ChangedFiles()
    const args = ['diff-tree', '--stdin', '-r', '-c', '--root', '--raw', '-z', '--no-abbrev', '--no-renames']
    try {
      await this.git(
        [...args, '--no-ext-diff', '--no-textconv', '--ignore-submodules=none'],
        commits,
        (piece) => {
          if (!files.take(piece).every(take)) throw new Enough()
        },
      )
    } catch (error) {
      if (error instanceof Enough) return false
      throw error
    }
    files.end()
    return true
  }

  /** Returns the sizes of contents. @throws Error for an object that is missing or no content of a file */
  async sizesOf(ids: readonly string[]): Promise<number[]> {
    const lines = await this.linesOf(['cat-file', '--batch-check=%(objecttype) %(objectsize)'], ids)
    if (lines.length !== ids.length) throw new Error('git did not tell of all files')
    return lines.map((line) => {
      const [, size] = /^blob (\d+)$/.exec(line) ?? []
      if (size === undefined) throw new Error(`git has no content of a file: ${line.slice(0, 120)}`)
      return Number(size)
    })
  }

  /** Hands over the content of each object, in this order, one at a time. */
  async contents(blobs: readonly Blob[], take: (content: Buffer, index: number) => void): Promise<void> {
    let rest = Buffer.alloc(0)
    let index = 0
    await this.git(
      ['cat-file', '--batch=%(objectsize)'],
      blobs.map(({ id }) => id),
      (piece) => {
        rest = Buffer.concat([rest, piece])
        for (let blob = blobs[index]; blob !== undefined; blob = blobs[index]) {
          const head = `${blob.size}\n`
          const end = head.length + blob.size
          if (rest.length <= end) return
          if (rest.subarray(0, head.length).toString('latin1') !== head || rest[end] !== 0x0a)
            throw new Error(`git has another content of ${blob.id}`)
          take(rest.subarray(head.length, end), index)
          rest = Buffer.from(rest.subarray(end + 1))
          index += 1
        }
      },
    )
    if (index !== blobs.length || rest.length > 0) throw new Error('git did not tell of all contents')
  }

  private async linesOf(args: readonly string[], input: readonly string[]): Promise<string[]> {
    const pieces: Buffer[] = []
    await this.git(args, input, (piece) => void pieces.push(piece))
    const text = Buffer.concat(pieces).toString('latin1')
    return text === '' ? [] : text.replace(/\n$/, '').split('\n')
  }

  /** Runs git with lines on its standard input. @throws Error where it has not ended with 0, or where `take` throws */
  private git(
    args: readonly string[],
    input: readonly string[],
    take: (piece: Buffer) => void,
  ): Promise<void> {
    const { cwd, signal, memoryMb = MAX_GIT_MEMORY_MB } = this.options
    return new Promise((done, fail) => {
      const child = spawn('/bin/sh', ['-c', LIMITED, String(memoryMb * 1024), 'git', ...args], {
        cwd,
        env: this.environment,
        signal,
        killSignal: 'SIGKILL',
      })
      let said = ''
      let thrown: Error | undefined
      child.on('error', (error) => fail(new Error(`git did not run: ${error.message}`, { cause: error })))
      child.stderr.on(
        'data',
        (piece: Buffer) => (said = `${said}${piece.toString('utf8')}`.slice(0, MAX_ERROR)),
      )
      child.stdout.on('data', (piece: Buffer) => {
        if (thrown !== undefined) return
        try {
          take(piece)
        } catch (error) {
          thrown = error as Error
          child.kill('SIGKILL')
        }
      })
      // A git that has ended before it has read everything says why by its exit status.
      child.stdin.on('error', () => undefined)
      child.stdin.end(input.map((line) => `${line}\n`).join(''))
      child.on('close', (code, by) => {
        if (thrown !== undefined) fail(thrown)
        else if (code === 0) done()
        else if (/out of memory|malloc failed/i.test(said))
          fail(
            new Error(`git ${args[0]} takes more than ${memoryMb} MiB of memory: push fewer files at a time`),
          )
        else if (code === NOT_FOUND) fail(new Error('git did not run: there is none on the PATH'))
        else fail(new Error(`git ${args[0]}: ${pickReason(said) || `it ended with ${code ?? by}`}`))
      })
    })
  }

  private get environment(): Record<string, string> {
    const { env } = this.options
    const kept = ['PATH', ...OF_GIT].flatMap((name) => {
      const value = env[name]
      return value === undefined ? [] : [[name, value] as const]
    })
    return {
      ...Object.fromEntries(kept),
      LC_ALL: 'C',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_NO_REPLACE_OBJECTS: '1',
      GIT_NO_LAZY_FETCH: '1',
      GIT_OPTIONAL_LOCKS: '0',
      GIT_TERMINAL_PROMPT: '0',
    }
  }
}

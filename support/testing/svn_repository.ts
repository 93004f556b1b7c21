import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A real Subversion repository with trunk, branches and tags, that is changed without a working copy. */
export class SvnServer {
  readonly path: string
  readonly url: string
  private readonly folder: string

  constructor(folder: string, name = 'website') {
    this.folder = folder
    this.path = join(folder, `${name}.svn`)
    this.url = `file://${this.path}`
    this.make()
    this.change('mkdir', 'trunk', 'mkdir', 'branches', 'mkdir', 'tags')
  }

  /** Makes an empty repository in its place. */
  make(): void {
    run('svnadmin', ['create', this.path])
  }

  /** Commits actions of svnmucc in one revision; returns its number. */
  change(...actions: string[]): number {
    return this.say('change', ...actions)
  }

  /** Commits actions of svnmucc with a message. */
  say(message: string, ...actions: string[]): number {
    run('svnmucc', ['--non-interactive', '-u', 'ann', '-m', message, '-U', this.url, ...actions])
    return this.youngest
  }

  /** Commits a file with a text, and returns the revision. */
  put(path: string, text: string): number {
    const file = join(this.folder, 'put')
    writeFileSync(file, text)
    return this.change('put', file, path)
  }

  get youngest(): number {
    return Number(run('svnlook', ['youngest', this.path]))
  }

  /** Returns the text of a file in a revision. */
  textOf(path: string, revision: number): string {
    return run('svnlook', ['cat', '-r', String(revision), this.path, path])
  }
}

function run(program: string, args: readonly string[]): string {
  return execFileSync(program, args, {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', LC_ALL: 'C.UTF-8' },
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim()
}

import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** A real repository as a server has it, and a working copy that pushes to it. */
export class GitRepository {
  readonly url: string
  private readonly copy: string

  constructor(folder: string, name = 'website') {
    this.url = join(folder, `${name}.git`)
    this.copy = join(folder, `${name}-copy`)
    run(['init', '--quiet', '--bare', '--template=', this.url])
    run(['init', '--quiet', '--template=', '--initial-branch=main', this.copy])
  }

  /** Commits files, and returns the commit. */
  commit(files: Readonly<Record<string, string>> = {}): string {
    for (const [name, text] of Object.entries(files)) {
      const path = join(this.copy, name)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, text, { mode: 0o755 })
    }
    this.git('add', '--all')
    this.git('commit', '--quiet', '--allow-empty', '--message=change')
    return this.git('rev-parse', 'HEAD')
  }

  /** Commits files and pushes them to a branch; returns the commit. */
  push(files: Readonly<Record<string, string>> = {}, ref = 'refs/heads/main'): string {
    const commit = this.commit(files)
    this.git('push', '--quiet', '--force', this.url, `HEAD:${ref}`)
    return commit
  }

  /** Pushes the object at `from` to a ref of the server; nothing removes the ref. */
  send(from: string, ref: string): void {
    this.git('push', '--quiet', '--force', this.url, `${from}:${ref}`)
  }

  git(...args: string[]): string {
    return run(['-C', this.copy, ...args])
  }

  remove(): void {
    for (const folder of [this.url, this.copy]) rmSync(folder, { recursive: true, force: true })
  }
}

const PERSON = { NAME: 'A developer', EMAIL: 'developer@example.net' }

function run(args: readonly string[]): string {
  const person = Object.entries(PERSON).flatMap(([key, value]) => [
    [`GIT_AUTHOR_${key}`, value],
    [`GIT_COMMITTER_${key}`, value],
  ])
  const env = { ...process.env, ...Object.fromEntries(person), GIT_CONFIG_GLOBAL: '/dev/null' }
  const quiet = ['-c', 'commit.gpgSign=false', '-c', 'tag.gpgSign=false']
  return execFileSync('git', [...quiet, ...args], {
    encoding: 'utf8',
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim()
}

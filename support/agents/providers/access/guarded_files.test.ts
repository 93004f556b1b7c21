import { chmodSync, readdirSync, readFileSync, renameSync, symlinkSync, lstatSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { runCommand, type CommandRunner } from '../../../system/command'
import { reasonOf } from '../../../testing/failure'
import { guardedFilesContract } from '../../../testing/guarded_files_contract'
import { Scratch } from '../../../testing/scratch'
import { shellFiles } from '../../../testing/shell_files'
import { FileChanged } from './guarded_files'
import { localGuardedFiles } from './guarded_files_local'
import { shellGuardedFiles } from './guarded_files_shell'

describe('the guarded files of this host', () => guardedFilesContract(localGuardedFiles))

describe('the guarded files of a host with a shell', () => {
  const files = shellFiles(runCommand)
  guardedFilesContract(shellGuardedFiles(runCommand, files))

  let scratch: Scratch
  let path: string
  let kept: string
  beforeEach(() => {
    scratch = new Scratch()
    path = scratch.write('etc/users', 'before\n', 0o640)
    chmodSync(dirname(path), 0o755)
    kept = join(dirname(path), '.kept')
  })
  afterEach(() => scratch.remove())

  it('change no rights of another file whose link takes the place of the new one meanwhile', async () => {
    const theirs = scratch.write('theirs', 'after', 0o600)
    const swapped = {
      ...files,
      async write(at: string, content: Buffer | string, mode: number) {
        await files.write(at, content, mode)
        renameSync(at, `${at}~`)
        symlinkSync(theirs, at)
      },
    }
    const guarded = shellGuardedFiles(runCommand, swapped)
    chmodSync(path, 0o644)
    const error = await guarded
      .replace(path, await guarded.read(path), 'after')
      .catch((each: unknown) => each)
    expect(error).to.be.instanceOf(FileChanged)
    expect(lstatSync(theirs).mode & 0o777).to.equal(0o600)
    expect(readFileSync(path, 'utf8')).to.equal('before\n')
  })

  it('put nothing in place that another has written instead', async () => {
    const swapped = {
      ...files,
      write: (at: string, _: Buffer | string, mode: number) => files.write(at, 'mallory\n', mode),
    }
    const guarded = shellGuardedFiles(runCommand, swapped)
    const error = await guarded
      .replace(path, await guarded.read(path), 'after')
      .catch((each: unknown) => each)
    expect(error).to.be.instanceOf(FileChanged)
    expect(readFileSync(path, 'utf8')).to.equal('before\n')
  })

  it('are changed by one of two that have read the same', async () => {
    const own = shellGuardedFiles(runCommand, files)
    const found = await own.read(path)
    const texts = ['one\n', 'two\n', 'three\n', 'four\n']
    const ended = await Promise.allSettled(texts.map((text) => own.replace(path, found, text)))
    const done = texts.filter((_, index) => ended[index]?.status === 'fulfilled')
    expect(done).to.have.length(1)
    expect(readFileSync(path, 'utf8')).to.equal(done[0])
    expect(readdirSync(dirname(path))).to.deep.equal(['users'])
  })

  it('show no byte of a text in the arguments of a program', async () => {
    const lines: string[] = []
    const run: CommandRunner = (program, args, limits) => {
      lines.push([program, ...args].join(' '))
      return runCommand(program, args, limits)
    }
    const guarded = shellGuardedFiles(run, shellFiles(run))
    await guarded.replace(path, await guarded.read(path), 's3cret-word')
    expect(readFileSync(path, 'utf8')).to.equal('s3cret-word')
    expect(lines.join()).to.not.contain('s3cret-word').and.not.contain('before\n')
  })

  for (const tool of ['sha256sum', 'chown', 'chmod', 'dd', 'sync', 'mv'])
    for (const when of ['before', 'after'])
      it(`are whole after a kill ${when} each ${tool} of a change`, async () => {
        for (let call = 1; ; call += 1) {
          // The tool of the host's PATH counts its calls, and kills the whole script at one of them.
          const count = scratch.write('count', '', 0o600)
          const real = `"$(PATH=/usr/bin:/bin command -v ${tool})" "$@"`
          const end = `kill -KILL -- -$(ps -o pgid= -p $$ | tr -d ' ')`
          scratch.write(
            `bin/${tool}`,
            `#!/bin/sh\necho >>${count}\nif [ "$(wc -l <${count})" = ${call} ]; then ${when === 'after' ? `${real}; ` : ''}${end}; fi\nexec ${real}\n`,
            0o755,
          )
          const PATH = `${join(scratch.path, 'bin')}:/usr/bin:/bin`
          const dying: CommandRunner = (program, args, limits) =>
            runCommand(program, args, { ...limits, env: { ...limits.env, PATH } })
          const guarded = shellGuardedFiles(dying, files)
          const found = await shellGuardedFiles(runCommand, files).read(path)
          const isDone = await guarded.replace(path, found, 'after\n', kept).then(
            () => true,
            () => false,
          )
          const now = readFileSync(path, 'utf8')
          expect(now).to.be.oneOf(isDone ? ['after\n'] : ['before\n', 'after\n'])
          // The text before is there wherever the new one is.
          if (now === 'after\n') expect(readFileSync(kept, 'utf8')).to.equal('before\n')
          expect(lstatSync(path).mode & 0o777).to.equal(0o640)
          const left = readdirSync(dirname(path)).filter((name) => !['users', '.kept'].includes(name))
          expect(left.every((name) => name.startsWith('.users.lockstep-new-'))).to.equal(true)
          await localGuardedFiles.remove(kept)
          const again = await localGuardedFiles.read(path)
          await shellGuardedFiles(runCommand, files).replace(path, again, 'before\n')
          expect(readdirSync(dirname(path))).to.deep.equal(['users'])
          if (isDone) break
        }
      })

  it('are unknown where the host is not heard to the end', async () => {
    const lost: CommandRunner = async (program, args, limits) =>
      args.some((arg) => arg.includes('.lockstep-new-'))
        ? { exitCode: undefined, stdout: '', output: '', failure: 'unknown: the connection was lost' }
        : runCommand(program, args, limits)
    const guarded = shellGuardedFiles(lost, files)
    const found = await guarded.read(path)
    expect(await reasonOf(guarded.replace(path, found, 'x'))).to.match(/unknown: the connection was lost/)
  })
})

import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import type { CommandLimits, CommandRunner } from '../system/command'
import { Scratch } from './scratch'
import { untilGone } from './until_gone'

/**
 * States what every runner of programs does, here or on another host. The host shares the disk and the processes of this one.
 * `runs` bounds the random texts.
 */
export function commandRunnerContract(make: () => CommandRunner, runs: number): void {
  let scratch: Scratch
  let run: CommandRunner
  const at = (name: string) => join(scratch.path, name)
  const sh = (script: string, limits: CommandLimits = {}) => run('/bin/sh', ['-c', script], limits)
  const lines = (name: string) =>
    (existsSync(at(name)) ? readFileSync(at(name), 'utf8') : '').split('\n').filter(Boolean)
  const until = async (test: () => boolean) => {
    while (!test()) await new Promise((resolve) => setTimeout(resolve, 10))
  }

  beforeEach(() => {
    scratch = new Scratch()
    run = make()
  })
  afterEach(() => scratch.remove())

  for (const outlives of [false, true]) {
    describe(outlives ? 'of a program that outlives it' : 'of a program that does not outlive it', () => {
      it('tells its exit status and what it printed', async () => {
        expect(await sh('echo out; echo err >&2; exit 3', { outlives })).to.deep.equal({
          exitCode: 3,
          stdout: 'out',
          output: 'out\nerr',
          failure: undefined,
        })
        for (const status of [0, 1, 2, 77, 100, 126, 127])
          expect((await sh(`exit ${status}`, { outlives })).exitCode).to.equal(status)
      })

      it('tells by which signal it was ended', async () => {
        for (const signal of ['KILL', 'TERM', 'SEGV']) {
          const { exitCode, failure } = await sh(`kill -${signal} $$`, { outlives })
          expect({ exitCode, failure }).to.deep.equal({
            exitCode: undefined,
            failure: `it was ended by SIG${signal}`,
          })
        }
      })

      it('says that a program is missing, and that a folder to run in is', async () => {
        for (const [program, limits] of [
          ['no-such-program', {}],
          ['/no/such/program', {}],
          ['true', { cwd: '/no/such/folder' }],
        ] as const) {
          const { exitCode, failure } = await run(program, [], { outlives, ...limits })
          expect(exitCode, program).to.equal(undefined)
          expect(failure, program).to.match(/^it did not run: /)
        }
      })

      it('gives it its arguments as they are, never through a shell', async () => {
        const print = (args: readonly string[]) =>
          run('/bin/sh', ['-c', String.raw`for each; do printf '<%s>' "$each"; done`, 'sh', ...args], {
            outlives,
          })
        const odd = [
          '',
          ' ',
          "'",
          '"',
          '\\',
          '\n',
          'a\n\nb\n',
          '$HOME',
          '`id`',
          '$(id)',
          '*',
          '~',
          '-n',
          '!!',
        ]
        const all = [
          ...odd,
          '\t',
          'é ÿ Á 日本 🎉',
          '\u0001\u007f\u0081\u0088',
          '#',
          ';',
          '&',
          '|',
          '>x',
          '%s',
          '\\0',
        ]
        expect((await print(all)).stdout).to.equal(all.map((text) => `<${text}>`).join(''))
        const text = fc.string({ unit: 'binary', maxLength: 40 }).filter((each) => !each.includes('\0'))
        await fc.assert(
          fc.asyncProperty(fc.array(text, { maxLength: 8 }), async (args) => {
            expect((await print(args)).stdout).to.equal(args.map((each) => `<${each}>`).join(''))
          }),
          { numRuns: runs },
        )
      })

      it('gives it variables beside those that it inherits, and the locale C', async () => {
        const odd = 'a \'b\' "c"\n$d `e` é\\'
        const { stdout } = await sh('printf "%s|%s|%s|%s" "$ODD" "$LC_ALL" "$LANG" "${HOME-none}"', {
          outlives,
          env: { ODD: odd, HOME: undefined },
        })
        expect(stdout).to.equal(`${odd}|C|C|none`)
        expect((await sh('echo "$LC_ALL"', { outlives, env: { LC_ALL: 'C.UTF-8' } })).stdout).to.equal(
          'C.UTF-8',
        )
        const alone = await sh('echo "${HOME-none} ${PATH:+path}"', {
          outlives,
          inherits: (name) => name === 'PATH',
        })
        expect(alone.stdout).to.equal('none path')
      })

      it('starts it in a folder, and with a umask', async () => {
        const { stdout } = await sh('pwd -P; umask; : >made', { outlives, cwd: scratch.path, umask: 0o027 })
        expect(stdout).to.equal(`${scratch.path}\n0027`)
        expect(statSync(at('made')).mode & 0o777).to.equal(0o640)
      })

      it('gives it nothing to read', async () => {
        expect(await run('cat', [], { outlives })).to.include({ exitCode: 0, output: '' })
      })

      it('ends it with all that it started when its time is over', async () => {
        const program = `sleep 600 & echo $! >>${at('begun')}; wait`
        const timed = await sh(program, { outlives, within: 1_000 })
        expect(timed.exitCode).to.equal(undefined)
        expect(timed.failure).to.equal('it took longer than 1 s and was ended')
        const before = lines('begun').length
        const over = new AbortController()
        const asked = sh(program, { outlives, signal: over.signal })
        await until(() => lines('begun').length > before)
        over.abort()
        expect((await asked).failure).to.equal('its time was over and it was ended')
        for (const pid of lines('begun')) await untilGone(pid)
      })

      it('ends it though it ignores the order to end', async () => {
        const program = `trap '' TERM; echo $$ >>${at('begun')}; while :; do sleep 1; done`
        const over = new AbortController()
        const asked = sh(program, { outlives, signal: over.signal })
        await until(() => lines('begun').length > 0)
        over.abort()
        expect((await asked).failure).to.equal('its time was over and it was ended')
        for (const pid of lines('begun')) await untilGone(pid)
      })

      it('does not start it when its time is over before', async () => {
        const { failure } = await sh(`: >${at('begun')}`, { outlives, signal: AbortSignal.abort() })
        expect(failure).to.equal('its time was over and it was ended')
        expect(existsSync(at('begun'))).to.equal(false)
      })

      it('does not wait for a service that it has started, and that keeps its output open', async () => {
        const { exitCode, stdout } = await sh(`sleep 600 & echo $! >${at('begun')}; echo started`, {
          outlives,
        })
        expect({ exitCode, stdout }).to.deep.equal({ exitCode: 0, stdout: 'started' })
        const [service = ''] = lines('begun')
        expect(existsSync(`/proc/${service}`)).to.equal(true)
        process.kill(Number(service), 'SIGKILL')
      })

      it('tells what it printed without its last newline, and any bytes before it', async () => {
        expect((await sh(String.raw`printf 'a\n\nb\n\n'`, { outlives: false })).stdout).to.equal('a\n\nb\n')
        expect((await sh(String.raw`printf 'a\0b\377\n'`, { outlives })).stdout).to.equal('a\0b\ufffd')
      })

      it('runs several at once, each with its own output', async () => {
        const all = await Promise.all(
          Array.from({ length: 8 }, (_, each) =>
            sh(`for i in 1 2 3 4 5; do echo ${each}; sleep 0.02; done`, { outlives }),
          ),
        )
        expect(all.map(({ stdout }) => [...new Set(stdout.split('\n'))])).to.deep.equal(
          all.map((_, each) => [String(each)]),
        )
      })
    })
  }

  it('tells much output whole', async () => {
    const { exitCode, stdout } = await sh('yes | head -c 1000000; echo; echo end', {})
    expect({ exitCode, length: stdout.length, end: stdout.slice(-4) }).to.deep.equal({
      exitCode: 0,
      length: 1_000_004,
      end: '\nend',
    })
  })

  it('takes no program for whole that prints more than it may, with any exit status', async () => {
    for (const where of ['', '>&2']) {
      const { exitCode, failure } = await sh(`echo 0123456789 ${where}; exit 0`, { outputAtMost: 5 })
      expect({ exitCode, failure }).to.deep.equal({
        exitCode: undefined,
        failure: 'it printed more than 5 bytes and was ended',
      })
    }
    const exactly = await sh('printf 01234', { outputAtMost: 5 })
    expect(exactly).to.include({ exitCode: 0, stdout: '01234' })
  })

  it('ends a program that prints without end, and all that it started', async () => {
    const { failure, stdout } = await sh(`sleep 600 & echo $! >${at('begun')}; trap '' PIPE; yes`, {
      outputAtMost: 100_000,
    })
    expect(failure).to.equal('it printed more than 100000 bytes and was ended')
    expect(stdout.length).to.be.at.most(100_000)
    for (const pid of lines('begun')) await untilGone(pid)
  })

  it('hands on what a program prints, and keeps none of it', async () => {
    let bytes = 0
    const onOutput = (piece: Buffer) => void (bytes += piece.length)
    const { exitCode, output } = await sh('yes | head -c 300000', { onOutput, outputAtMost: 5 })
    expect({ exitCode, output }).to.deep.equal({ exitCode: 0, output: '' })
    expect(bytes).to.be.within(299_999, 300_000)
  })
}

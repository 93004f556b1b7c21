import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { runCommand, type CommandRunner } from '../../system/command'
import { untilGone } from '../../testing/until_gone'
import { Scratch } from '../../testing/scratch'
import { ActionFailed } from '../../rpc/server/agent'
import { callOf } from '../../testing/call'
import { nrpeAgent } from '../nrpe'
import { nrpeCommands, wordsOf } from './nrpe_commands'

describe('the commands of NRPE', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())
  const places = () => ({ folder: join(scratch.path, 'nrpe.d'), file: join(scratch.path, 'nrpe.cfg') })
  /** Runs the shell that reads the configuration for real, and pretends all checks. */
  const pretending =
    (check: CommandRunner): CommandRunner =>
    (program, ...rest) =>
      program === 'sh' ? runCommand(program, ...rest) : check(program, ...rest)
  const printing = (exitCode: number, output: string) =>
    pretending(async () => ({ exitCode, stdout: output, output, failure: undefined }))
  const one = (run: CommandRunner) => {
    scratch.write('nrpe.cfg', 'command[c]=/bin/check\n')
    return nrpeCommands(places(), run).run('c')
  }

  it('come from its file, from what that includes, and from a folder', async () => {
    scratch.write('nrpe.d/a.cfg', '# one\ncommand[load]=/bin/load -w 5\n')
    scratch.write('nrpe.d/b.txt', 'command[other]=/bin/no\n')
    scratch.write('more/c.cfg', 'command[disk]=/bin/disk\n')
    scratch.write(
      'nrpe.cfg',
      `command[load]=/bin/load -w 9\r\ninclude_dir=${scratch.path}/more\ninclude=${scratch.path}/nrpe.cfg\n`,
    )
    const ran: string[] = []
    const checks = nrpeCommands(
      places(),
      pretending(async (program, args) => {
        ran.push([program, ...args].join(' '))
        return { exitCode: 0, stdout: 'OK', output: 'OK', failure: undefined }
      }),
    )
    for (const name of ['load', 'disk', 'other', '__proto__']) await checks.run(name)
    expect(ran).to.deep.equal(['/bin/load -w 9', '/bin/disk'])
    expect(await checks.run('other')).to.equal(undefined)
  })

  it('are read in one command for each depth of includes, however many files there are', async () => {
    for (let each = 0; each < 40; each += 1)
      scratch.write(
        `nrpe.d/${each}.cfg`,
        `command[c${each}]=/bin/c${each}\ninclude=${scratch.path}/${each}.inc\n`,
      )
    for (let each = 0; each < 40; each += 1) scratch.write(`${each}.inc`, `command[i${each}]=/bin/i\n`)
    let shells = 0
    const checks = nrpeCommands(places(), (...command) => {
      shells += 1
      return runCommand(...command)
    })
    expect(await checks.names()).to.have.length(80)
    expect(shells).to.equal(2)
  })

  it('are those of files that can be read: no pipe, and none that is away', async () => {
    scratch.write('nrpe.d/a.cfg', `include=/nowhere/a.cfg\ninclude_dir=/nowhere\n  command[a] = /bin/a\n`)
    scratch.write('nrpe.d/b.cfg.d/c.cfg', 'command[c]=/bin/c\n')
    scratch.write('nrpe.d/.hidden.cfg', 'command[a]=/bin/first\ncommand[h]=/bin/h')
    scratch.write('nrpe.d/two\nlines.cfg', 'command[two]=/bin/two\n')
    await runCommand('mkfifo', [`${scratch.path}/nrpe.d/d.cfg`], {})
    symlinkSync('../linked', `${scratch.path}/nrpe.d/e.cfg`)
    scratch.write('linked', 'command[linked]=/bin/linked\r\n')
    expect(await nrpeCommands(places(), runCommand).names()).to.deep.equal(['a', 'h', 'linked'])
  })

  it('run all at once, each under its name, as Ruby’s agent reports them', async () => {
    scratch.write(
      'nrpe.cfg',
      'command[load]=/bin/load\ncommand[disk]=/bin/disk\ncommand[__proto__]=/bin/x $ARG1$\n',
    )
    const said: Record<string, [number, string]> = {
      '/bin/load': [1, 'WARNING - 5|load=5'],
      '/bin/disk': [0, 'OK'],
    }
    const agent = nrpeAgent(
      nrpeCommands(
        places(),
        pretending(async (program) => {
          const [exitCode, output] = said[program] ?? [3, '']
          return { exitCode, stdout: output, output, failure: undefined }
        }),
      ),
    )
    const { commands } = (await agent.actions['runallcommands']?.({}, callOf('test'))) ?? {}
    expect(Object.entries(commands as object)).to.deep.equal([
      [
        '__proto__',
        {
          exitcode: 3,
          output: 'UNKNOWN: the command of __proto__ needs a shell or arguments, and gets neither',
        },
      ],
      ['disk', { exitcode: 0, output: 'OK' }],
      ['load', { exitcode: 1, output: 'WARNING - 5|load=5' }],
    ])
  })

  it('that are not configured are UNKNOWN, one by one', async () => {
    const { actions } = nrpeAgent(nrpeCommands(places(), printing(0, 'OK')))
    const error = await Promise.resolve(actions['runcommand']?.({ command: 'no' }, callOf('test'))).catch(
      (thrown: unknown) => thrown,
    )
    expect(error).to.be.instanceOf(ActionFailed).and.to.include({ message: 'UNKNOWN', statuscode: 1 })
    expect((error as ActionFailed).data).to.include({ exitcode: 3, output: 'No such command: no' })
  })

  it('are taken apart into words, and never need a shell', () => {
    expect(wordsOf(`/bin/check -w "two words" -c 'a|b' 5%`)).to.deep.equal([
      '/bin/check',
      '-w',
      'two words',
      '-c',
      'a|b',
      '5%',
    ])
    for (const line of [
      '/bin/a $ARG1$',
      '/bin/a `id`',
      '/bin/a; id',
      '/bin/a | grep',
      '/bin/a > /x',
      '/bin/a "$(id)"',
      "/bin/a 'open",
      '/bin/a *',
      '',
      '   ',
    ])
      expect(wordsOf(line), line).to.equal(undefined)
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        (line) => wordsOf(line)?.every((word) => typeof word === 'string') ?? true,
      ),
    )
  })

  const outputs: [number, string, number, string, string][] = [
    [0, 'OK | a=1;;;', 0, 'OK', 'a=1;;;'],
    [2, 'OK - says the text', 2, 'OK - says the text', ''],
    [0, 'CRITICAL - says the text', 0, 'CRITICAL - says the text', ''],
    [3, 'UNKNOWN', 3, 'UNKNOWN', ''],
    [127, 'not found', 3, 'not found', ''],
    [0, '', 0, 'UNKNOWN: the plugin printed nothing (exit status 0)', ''],
    [0, "|'a b'=1 | more", 0, 'UNKNOWN: the plugin printed nothing (exit status 0)', "'a b'=1 | more"],
  ]
  for (const [exitCode, output, code, shown, perfdata] of outputs) {
    it(`that print ${JSON.stringify(output)} and exit with ${exitCode} are ${code}`, async () => {
      expect(await one(printing(exitCode, output))).to.deep.equal({ exitcode: code, output: shown, perfdata })
    })
  }

  it('may print no more than NRPE takes', async () => {
    expect((await one(printing(0, 'x'.repeat(50_000))))?.output).to.have.length(8_192)
  })

  it('that do not end are unknown, and so is one that cannot be run', async () => {
    const late = await runCommand('/bin/sleep', ['10'], { within: 100 })
    expect(late.failure).to.equal('it took longer than 0.1 s and was ended')
    expect((await runCommand('/nowhere/check', [], { within: 1_000 })).failure).to.match(/^it did not run: /)
    expect((await one(pretending(async () => late)))?.output).to.equal(
      'UNKNOWN: it took longer than 0.1 s and was ended',
    )
  })

  it('end with everything that they have started', async () => {
    const { stdout } = await runCommand('/bin/sh', ['-c', 'sleep 3600 & echo $!; wait'], { within: 200 })
    // A machine that is too busy ends the shell before it has started anything.
    for (const pid of stdout.split('\n').filter(Boolean)) await untilGone(pid)
  })
})

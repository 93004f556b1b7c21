import { expect } from 'chai'
import { SETTINGS, type Setting } from '../config/settings_table'
import { call } from './call'
import { GROUPS, type Command } from './command'
import { COMMANDS } from './commands'
import { flagsOf } from './flags'
import { formatCommandHelp, formatHelp } from './help'
import { parseCommandLine } from './parse'

const parse = (line: string) => parseCommandLine(line.split(' '), COMMANDS)
const reasonOf = (line: string): string => {
  try {
    parse(line)
    return 'no reason'
  } catch (error) {
    return (error as Error).message
  }
}

describe('the table of commands', () => {
  for (const [name, command] of Object.entries<Command>(COMMANDS))
    it(`says of ${name} what it is, what it takes, and what its exit statuses mean`, () => {
      expect(command.summary).to.match(/^\S.*[^.]$/)
      expect(Object.keys(GROUPS)).to.contain(command.group)
      expect(command.examples).not.to.deep.equal([])
      expect(command.exits).to.have.property('0')
      const names = flagsOf(command).map((flag) => flag.name)
      expect(new Set(names).size, names.join()).to.equal(names.length)
      for (const flag of flagsOf(command)) {
        expect(flag.name).to.match(/^[a-z]+(?:-[a-z]+)*$/)
        expect(flag.help).not.to.equal('')
      }
    })

  it('has examples that can be understood as they are printed', () => {
    for (const [name, { examples }] of Object.entries<Command>(COMMANDS))
      for (const [example] of examples) {
        const words = example.replace(/ >.*/, '').match(/"[^"]*"|\S+/g) ?? []
        const asked = parseCommandLine(
          words.map((word) => word.replaceAll('"', '')),
          COMMANDS,
        )
        expect(words[0], example).to.equal(name)
        expect(asked.page === 'one' || asked.page === undefined, example).to.equal(true)
      }
  })

  it('gives every setting of a person to a command as a flag', () => {
    const settings = new Set(Object.values<Command>(COMMANDS).flatMap((command) => command.settings ?? []))
    const own = Object.entries<Setting>(SETTINGS).filter(([, { setBy }]) => setBy === undefined)
    expect([...settings].sort()).to.deep.equal(own.map(([name]) => name).sort())
  })

  it('is shown as a page of all commands, and as one of each, in 80 columns', () => {
    const pages = [
      formatHelp(COMMANDS),
      ...Object.entries<Command>(COMMANDS).map(([name, command]) => formatCommandHelp(name, command)),
    ]
    for (const page of pages) {
      const prose = page.split('\n').filter((line) => !/^ {0,2}(?:node|npx|lockstep) /.test(line))
      expect(prose.filter((line) => line.length > 80)).to.deep.equal([])
    }
    expect(pages[0]?.split('\n').findIndex((line) => line.startsWith('  lint'))).to.be.lessThan(6)
    expect(pages[0]?.split('\n').length).to.be.lessThan(45)
  })
})

describe('a command line', () => {
  it('is parsed into arguments, options and settings', () => {
    expect(
      parse('run --environment test --var a=1 x.feature --var=b=2 --tags @a --idempotence'),
    ).to.deep.equal({
      name: 'run',
      args: ['x.feature'],
      options: {
        tags: ['@a'],
        name: [],
        profile: [],
        'cucumber-config': undefined,
        json: false,
        idempotence: true,
      },
      settings: new Map([
        ['LOCKSTEP_ENVIRONMENT', ['test']],
        ['LOCKSTEP_VARIABLES', ['a=1', 'b=2']],
      ]),
    })
  })

  it('asks for a page of help in every usual way', () => {
    for (const line of ['help', '--help', '-h']) expect(parse(line)).to.deep.equal({ page: 'all' })
    expect(parseCommandLine([], COMMANDS)).to.deep.equal({ page: 'all' })
    for (const line of ['help run', '--help run', 'run --help', 'run --nonsense -h', 'run x.feature --help'])
      expect(parse(line), line).to.deep.equal({ page: 'one', name: 'run' })
    for (const line of ['--version', '-V']) expect(parse(line)).to.deep.equal({ page: 'version' })
  })

  it('is refused with the closest command, flag or word', () => {
    expect(reasonOf('statsu')).to.contain('there is no command "statsu"; the closest one is status; ')
    expect(reasonOf('toString')).to.match(/^there is no command "toString"; \S+ .*help tells more$/)
    expect(reasonOf('--verson')).to.contain('the closest one is --version')
    expect(reasonOf('--json status')).to.contain('a command stands before its options')
    expect(reasonOf('run --enviroment=x f')).to.contain('"--enviroment=x"; the closest one is --environment')
    expect(reasonOf('version')).to.contain('there is no command "version"; the closest one is --version')
    expect(reasonOf('run -t @a f')).to.contain('run has no option "-t"; write --tags')
    expect(reasonOf('prune --host x')).to.contain(
      'prune has no option "--host"; it is one of put-back, history',
    )
    expect(reasonOf('status --tags=@a')).to.contain('it is one of lint, rehearse, ci, plan, run')
    expect(reasonOf('completion bahs')).to.contain('the closest one is bash')
    expect(reasonOf('help runn')).to.contain('the closest one is run')
  })

  it('is refused where a word is missing, or is one too many', () => {
    expect(reasonOf('run')).to.contain('which feature?')
    expect(reasonOf('status x')).to.contain('status takes no argument, not "x" too')
    expect(reasonOf('report a b')).to.contain('report takes one run, not "b" too')
  })

  it('loses no guard: a flag takes no other flag for its value, and no value but one', () => {
    expect(reasonOf('run --release --plan abc x.feature')).to.contain(
      '--release takes a value, and "--plan" is none',
    )
    expect(reasonOf('run --release --plan=abc x.feature')).to.contain('"--plan=abc" is none')
    expect(reasonOf('run --release -- x.feature')).to.contain('"--" is none')
    expect(reasonOf('run x.feature --plan')).to.contain('--plan takes a value')
    expect(reasonOf('run --plan a --plan b x.feature')).to.contain('--plan is given twice')
    expect(reasonOf('run --safe-mode maybe x.feature')).to.contain('--safe-mode is "maybe"; write on or off')
    expect(parse('run --release=-x x.feature')).to.have.deep.property(
      'settings',
      new Map([['LOCKSTEP_RELEASE', ['-x']]]),
    )
  })

  it('takes no empty value: all scenarios would run where a variable of a script is not set', () => {
    for (const flag of ['tags', 'name', 'profile', 'cucumber-config'])
      for (const value of ['', ' '])
        expect(() => parseCommandLine(['run', `--${flag}`, value, 'x.feature'], COMMANDS)).to.throw(
          `--${flag} is empty; leave it out, or write its value`,
        )
    expect(reasonOf('put-back --run=')).to.contain('--run is empty')
  })

  it('has only arguments behind two dashes', () => {
    expect(parse('run -- --dry-run -x.feature')).to.have.deep.property('args', ['--dry-run', '-x.feature'])
  })

  it('refuses what would weaken a rollout, and says what to do instead', () => {
    expect(reasonOf('run --dry-run x.feature')).to.contain('say plan')
    for (const option of [
      '--retry',
      '--parallel',
      '--plugin',
      '--plugin-options',
      '--exit',
      '--shard',
      '--order',
    ])
      expect(reasonOf(`run ${option} 1 x.feature`)).to.contain(`run has no option "${option}"`)
  })

  it('puts its flags over variables, and leaves variables of other names', async () => {
    const env = { LOCKSTEP_STATE: '/old', LOCKSTEP_VARIABLES: 'a=1,b=2', LOCKSTEP_CONFIG: '/none.yaml' }
    const words = ['run', '--state', '/new', '--var', 'b=x,y', '--cucumber-config', __filename, 'x.feature']
    await call(words, __dirname, env)
    expect(env).to.include({ LOCKSTEP_STATE: '/new', LOCKSTEP_VARIABLES: String.raw`a=1,b=x\,y` })
  })
})

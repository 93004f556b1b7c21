import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { LockstepError } from '../system/errors'
import { HOW, PLACES } from '../system/commands'
import { expectOptions, expectParameters, expectSettings } from './settings'
import { PROFILE_PARAMETERS, SETTINGS, type Setting } from './settings_table'

const root = resolve(__dirname, '..', '..')
const TABLE = 'support/config/settings_table.ts'
/** A variable of GitHub's settings that no process of Lockstep is given. */
const OF_OTHERS = new Set(['LOCKSTEP_RUNNER'])

function said(work: () => void): string | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    expect(error.code).to.equal('bad-input')
    return error.message
  }
}

describe('the settings of a run', () => {
  const named = sources().flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/\bLOCKSTEP_[A-Z_]*[A-Z]\b/g)].map(([name]) => ({
      name,
      file,
    })),
  )

  it('are all in one table', () => {
    const unknown = named.filter(({ name }) => !Object.hasOwn(SETTINGS, name) && !OF_OTHERS.has(name))
    expect(unknown).to.deep.equal([])
  })

  it('are all used, and those of a person are in docs/settings.md', () => {
    const page = readFileSync(join(root, 'docs', 'settings.md'), 'utf8')
    for (const [name, setting] of Object.entries<Setting>(SETTINGS)) {
      expect(
        named.some((each) => each.name === name && each.file !== TABLE),
        name,
      ).to.equal(true)
      if (setting.setBy === undefined) expect(page).to.contain(name)
    }
  })

  it('of a person have a flag of their own and a default; those of runs and tests have neither', () => {
    const all = [...Object.entries<Setting>(SETTINGS), ...Object.entries<Setting>(PROFILE_PARAMETERS)]
    const flags = all.flatMap(([, { flag }]) => flag ?? [])
    expect(new Set(flags).size).to.equal(flags.length)
    for (const flag of flags) expect(flag).to.match(/^[a-z]+(?:-[a-z]+)*$/)
    for (const [name, { setBy, flag, default: fallback }] of Object.entries<Setting>(SETTINGS))
      expect([flag !== undefined, fallback !== undefined], name).to.deep.equal([!setBy, !setBy])
  })

  it('are repeated in the commands that a run proposes as the table says', () => {
    const repeated = (where: Setting['repeated']) =>
      Object.entries<Setting>(SETTINGS).flatMap(([name, setting]) =>
        setting.repeated === where ? [name] : [],
      )
    expect(PLACES.filter((name) => name.startsWith('LOCKSTEP_'))).to.have.members(repeated('always'))
    expect(HOW).to.have.members(repeated('by rollouts'))
  })

  const refused: [string, string, string][] = [
    ['LOCKSTEP_SAFEMODE', 'on', 'LOCKSTEP_SAFE_MODE (on or off)'],
    ['lockstep_safe_mode', 'on', 'LOCKSTEP_SAFE_MODE'],
    ['LOCKSTEP_Plan', 'x', 'LOCKSTEP_PLAN'],
    ['LOCSTEP_PLAN', 'x', 'LOCKSTEP_PLAN'],
    ['LOCK_STEP_RESUME', 'x', 'LOCKSTEP_RESUME'],
    ['LOCKSTEP_TICKETS', 'x', 'LOCKSTEP_TICKET'],
    ['LOCKSTEP', 'x', ''],
    ['LOCKSTEP_MQ_PASSWORD', 'hunter2', 'Lockstep’s own'.replace('’', "'")],
  ]
  for (const [name, value, meant] of refused) {
    it(`are not ${name}, and say which one was meant`, () => {
      const sentence = said(() => expectSettings({ PATH: '/bin', [name]: value }))
      expect(sentence).to.contain(`there is no setting ${name}`).and.to.contain(meant)
      expect(sentence).to.contain('nothing was sent').and.not.to.contain('hunter2')
    })
  }

  for (const value of ['On', ' on', 'on ', 'true', '1', 'yes', '', ' ', 'offf', 'ON']) {
    it(`keep safe mode from being ${JSON.stringify(value)}`, () =>
      expect(said(() => expectSettings({ LOCKSTEP_SAFE_MODE: value }))).to.match(
        /^LOCKSTEP_SAFE_MODE is .*on or off; nothing was sent$/,
      ))
  }

  it('are refused when they are empty or blank, but for lists', () => {
    for (const [name, setting] of Object.entries<Setting>(SETTINGS).filter(([, { setBy }]) => !setBy))
      for (const value of ['', ' ', '\n', ' x', 'x\n'])
        expect(
          said(() => expectSettings({ [name]: value })) === undefined,
          `${name}=${JSON.stringify(value)}`,
        ).to.equal(setting.mayBeEmpty === true)
  })

  it('are no variable of another program', () => {
    const others = {
      HOME: '/root',
      LOCALE: 'C',
      LOCK: 'x',
      STEP: '1',
      npm_package_name: 'lockstep',
      PLAN: 'x',
    }
    expect(said(() => expectSettings({ ...others, LOCKSTEP_TICKET: '', LOCKSTEP_BEGUN_BY: '' }))).to.equal(
      undefined,
    )
  })

  it('are refused whichever one letter is missing, doubled or of the other kind', () => {
    const names = Object.keys(SETTINGS)
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.nat(),
        fc.constantFrom('drop', 'double', 'small'),
        (name, n, how) => {
          const at = n % name.length
          const letter = name[at] ?? ''
          const put = { drop: '', double: letter + letter, small: letter.toLowerCase() }[how] ?? ''
          const odd = name.slice(0, at) + put + name.slice(at + 1)
          fc.pre(!names.includes(odd))
          expect(
            said(() => expectSettings({ [odd]: 'on' })),
            odd,
          ).to.contain('there is no setting')
        },
      ),
    )
  })
})

describe('world parameters', () => {
  for (const name of [
    'plans',
    'Plan',
    'enviroment',
    'environement',
    'resmue',
    'intend',
    'relaese',
    'idempotense',
    'LOCKSTEP_PLAN',
  ])
    it(`are not ${name}, which resembles one`, () =>
      expect(said(() => expectParameters({ [name]: 'x' }))).to.match(
        /there is no world parameter .*; the closest known one is \w+; one of your own/,
      ))

  for (const name of ['safeMode', 'safe_mode', 'saveMode', 'variables', 'LOCKSTEP_TICKET'])
    it(`are not ${name}, which is a variable`, () =>
      expect(said(() => expectParameters({ [name]: true }))).to.match(
        /is said with the environment variable LOCKSTEP_/,
      ))

  it('may be a team’s own', () => {
    const own = { browser: 'chrome', baseUrl: 'https://x', own: { plan: 1 }, retries: 3, headless: true }
    expect(
      said(() => expectParameters({ ...own, mode: 'live', idempotence: false, plan: undefined })),
    ).to.equal(undefined)
  })

  for (const value of ['true', 'false', 1, null, 'yes', ''])
    it(`refuse idempotence as ${JSON.stringify(value)}`, () =>
      expect(said(() => expectParameters({ idempotence: value }))).to.match(
        /write true or false, without quotes/,
      ))

  for (const value of ['', ' ', true, null, 7, ['x']])
    it(`refuse a plan that is ${JSON.stringify(value)}`, () =>
      expect(said(() => expectParameters({ plan: value }))).to.match(
        /the world parameter plan is .*the name or the file of a plan/,
      ))

  it('of a profile that are Lockstep’s alone have to be known', () =>
    expect(said(() => expectOptions('option of profiles()', { requires: [] }, ['require', 'own']))).to.equal(
      'there is no option of profiles() "requires"; the closest known one is require; nothing was sent',
    ))
})

function sources(): string[] {
  const code = ['support', 'step_definitions'].flatMap((top) =>
    readdirSync(join(root, top), { recursive: true, encoding: 'utf8' })
      .map((name) => join(top, name))
      .filter((name) => /\.(ts|cjs|yaml|rb|sh)$/.test(name) && !name.endsWith('settings.test.ts')),
  )
  const pages = readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name))
  return [...code, ...pages, 'cucumber.js', 'README.md', '.ci/run']
}

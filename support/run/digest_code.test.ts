import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { Scratch } from '../testing/scratch'
import { digestCode } from './digest_code'

const HASH = `$scrypt$ln=15,r=8,p=3$${'A'.repeat(22)}==$${'A'.repeat(43)}=`

describe('the digest of the code beside a feature', () => {
  let scratch: Scratch
  beforeEach(() => {
    scratch = new Scratch()
    scratch.write('cucumber.js', 'a')
    scratch.write('step_definitions/more/steps.ts', 'a')
    scratch.write('features/deploy.feature', 'a')
    scratch.write('node_modules/.package-lock.json', 'a')
  })
  afterEach(() => scratch.remove())
  const digest = () => digestCode(scratch.path)

  it('is another one with any change of what decides what the feature does', () => {
    const changes: (() => void)[] = [
      () => scratch.write('cucumber.js', 'b'),
      () => scratch.write('step_definitions/more/steps.ts', 'b'),
      () => scratch.write('step_definitions/new.ts', ''),
      () => renameSync(join(scratch.path, 'step_definitions/new.ts'), join(scratch.path, 'features/new.ts')),
      () => scratch.write('features/support/world.js', ''),
      () => scratch.write('support/template.txt', 'a'),
      () => scratch.write('lockstep.yaml', ''),
      () => scratch.write('node_modules/.package-lock.json', 'b'),
      () => rmSync(join(scratch.path, 'step_definitions'), { recursive: true }),
    ]
    const seen = new Set([digest()])
    for (const [index, change] of changes.entries()) {
      change()
      expect(seen.has(digest()), `change ${index}`).to.equal(false)
      seen.add(digest())
    }
  })

  it('stays with changes of other features, of the state, and of what npm has installed', () => {
    const before = digest()
    scratch.write('features/other.feature', 'b')
    scratch.write('features/deploy.feature', 'b')
    scratch.write('state/live/x.json', 'b')
    scratch.write('node_modules/x/index.js', 'b')
    expect(digest()).to.equal(before)
  })

  const person = (name: string) => `  ${name}:\n    groups: [web]\n    password: ${HASH}\n`
  it('stays while people come and go in a file that says nothing else', () => {
    const before = digest()
    scratch.write('people.yaml', `# Who can log in.\npeople:\n${person('anna')}`)
    expect(digest()).to.equal(before)
    scratch.write('people.yaml', `people:\n${person('anna')}${person('bert')}`)
    expect(digest()).to.equal(before)
    scratch.write('people.yaml', 'people: {}\n')
    expect(digest()).to.equal(before)
  })

  it('is another one with a file that only looks like one of people', () => {
    const people = `people:\n${person('anna')}`
    const files: [string, string][] = [
      ['people.yaml', `${people}default: { require: [x.js] }\n`],
      ['people.yaml', `${people}    more: x\n`],
      ['people.yaml', `people:\n  anna: { groups: [web], password: plain }\n`],
      ['people.yaml', `${people}---\nrequire: x\n`],
      ['cucumber.yaml', `default:\n  require: [x.js]\n`],
      ['people.yaml', ''],
      ['people.yaml', '{}'],
      ['people.json', `{"people":{}}`],
      ['support/people.yaml', people],
    ]
    const before = digest()
    const seen = new Set<string>([before])
    for (const [path, text] of files) {
      scratch.write(path, text)
      const now = digest()
      expect(seen.has(now), `${path}: ${text}`).to.equal(false)
      seen.add(now)
      rmSync(join(scratch.path, path))
      if (path.startsWith('support')) rmSync(join(scratch.path, 'support'), { recursive: true })
      expect(digest()).to.equal(before)
    }
  })

  it('is another one while the folder is not there, and fails nothing', () => {
    const before = digest()
    renameSync(scratch.path, `${scratch.path}.away`)
    const meanwhile = digest()
    renameSync(`${scratch.path}.away`, scratch.path)
    expect(meanwhile).not.to.equal(before)
    expect(digest()).to.equal(before)
  })

  it('follows links, and ends where they go in circles or nowhere', () => {
    mkdirSync(join(scratch.path, 'elsewhere'))
    symlinkSync('../elsewhere', join(scratch.path, 'step_definitions/linked'))
    symlinkSync('..', join(scratch.path, 'step_definitions/circle'))
    symlinkSync('nowhere', join(scratch.path, 'step_definitions/gone'))
    const before = digest()
    scratch.write('elsewhere/steps.ts', 'b')
    expect(digest()).not.to.equal(before)
  })
})

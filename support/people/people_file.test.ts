import { chmodSync, readFileSync, statSync } from 'node:fs'
import { expect } from 'chai'
import { failure } from '../testing/failure'
import { Scratch } from '../testing/scratch'
import { FreshFile } from './file_identity'
import { hashPassword } from './password'
import { changePerson, readPeople, stampOf, type KnownPerson } from './people_file'

const CHEAP = { ln: 4, r: 1, p: 1 }

describe('the file of people', () => {
  let scratch: Scratch
  let hash: string
  before(async () => (hash = await hashPassword('correct horse', CHEAP)))
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  const written = () =>
    scratch.write(
      'people.yaml',
      `# ours\npeople:\n  anna: # the first\n    groups: [web]\n    password: ${hash}\n`,
    )
  const reasonFor = async (text: string) =>
    (await failure(Promise.resolve().then(() => readPeople(scratch.write('people.yaml', text))))).message

  it('has people with their groups', () => {
    expect([...readPeople(written())]).to.deep.equal([
      ['anna', { name: 'anna', groups: ['web'], password: hash }],
    ])
  })

  it('is refused where others may read or write it', async () => {
    for (const mode of [0o640, 0o604, 0o620, 0o602]) {
      const path = written()
      chmodSync(path, mode)
      const { message } = await failure(Promise.resolve().then(() => readPeople(path)))
      expect(message).to.match(/others than its owner may read or write it.*chmod 600/)
    }
  })

  it('shows no password that somebody has written into it', async () => {
    const said = await reasonFor('people:\n  anna: { password: hunter2hunter2 }\n')
    expect(said).to.match(
      /people\.yaml:2: the password of "anna" is not a hash that lockstep user has written/,
    )
    expect(said).not.to.contain('hunter2')
  })

  it('names the line of what is wrong', async () => {
    expect(await reasonFor(`people:\n  anna: { pasword: x, password: '${hash}' }\n`)).to.match(
      /people\.yaml:2: there is no setting people\.anna\.pasword; the closest known one is password/,
    )
    expect(await reasonFor(`people:\n  everybody: { password: '${hash}' }\n`)).to.match(
      /people\.yaml:2: .*everybody/,
    )
    expect(await reasonFor('peple: {}\n')).to.match(/people\.yaml:1: there is no setting peple/)
  })

  it('is written whole, for its owner alone, with comments and other people as they were', async () => {
    const path = written()
    await changePerson(path, 'bert', () => ({ groups: [], password: hash }))
    expect(readFileSync(path, 'utf8')).to.match(/^# ours\npeople:\n {2}anna:\s+# the first\n/)
    expect(statSync(path).mode & 0o777).to.equal(0o600)
    expect([...readPeople(path).keys()]).to.deep.equal(['anna', 'bert'])
    await changePerson(path, 'anna', () => undefined)
    await changePerson(path, 'bert', () => undefined)
    expect(readPeople(path).size).to.equal(0)
    await changePerson(path, 'anna', () => ({ groups: ['web'], password: hash }))
    expect([...readPeople(path).keys()]).to.deep.equal(['anna'])
  })

  it('is made where there is none, for its owner alone', async () => {
    const path = `${scratch.path}/new.yaml`
    await changePerson(path, 'anna', () => ({ groups: [], password: hash }))
    expect(statSync(path).mode & 0o777).to.equal(0o600)
    expect(readPeople(path).size).to.equal(1)
  })

  it('loses no change that somebody else makes meanwhile', async () => {
    const path = written()
    const change = changePerson(path, 'bert', async () => {
      await changePerson(path, 'carl', () => ({ groups: [], password: hash }))
      return { groups: [], password: hash }
    })
    expect((await failure(change)).message).to.match(/changed by somebody else meanwhile/)
    expect([...readPeople(path).keys()]).to.deep.equal(['anna', 'carl'])
  })

  it('is read again when it has changed, and has no one while it is not right', async () => {
    const path = written()
    const faults: string[] = []
    const fresh = new FreshFile(path, readPeople, (fault) => faults.push(fault))
    expect(fresh.content?.size).to.equal(1)
    await changePerson(path, 'bert', () => ({ groups: [], password: hash }))
    expect(fresh.content?.size).to.equal(2)
    scratch.write('people.yaml', 'people: [')
    expect([fresh.content, fresh.content]).to.deep.equal([undefined, undefined])
    expect(faults).to.have.length(1)
    written()
    expect(fresh.content?.size).to.equal(1)
    scratch.remove()
    expect(fresh.content).to.equal(undefined)
  })

  it('has a stamp that changes with the password, and is not the hash', async () => {
    const anna: KnownPerson = { name: 'anna', groups: [], password: hash }
    const other = { ...anna, password: await hashPassword('correct horse', CHEAP) }
    expect(stampOf(anna)).not.to.equal(stampOf(other))
    expect(hash).not.to.contain(stampOf(anna))
  })
})

import { expect } from 'chai'
import { Logins } from './login'
import { hashPassword } from './password'
import type { KnownPerson } from './people_file'

describe('logins', () => {
  let people: Map<string, KnownPerson>
  before(async () => {
    const password = await hashPassword('correct horse', { ln: 4, r: 1, p: 1 })
    people = new Map([['anna', { name: 'anna', groups: [], password }]])
  })

  it('know a person by name and password together', async () => {
    const logins = new Logins()
    expect(await logins.judge(people, 'anna', 'correct horse')).to.have.property('name', 'anna')
    for (const [name, password] of [
      ['anna', 'wrong horse'],
      ['bert', 'correct horse'],
      ['anna', ''],
      ['', ''],
      ['__proto__', 'correct horse'],
      ['anna', 'x'.repeat(1_000_000)],
    ] as const)
      expect(await logins.judge(people, name, password), name).to.equal(undefined)
    expect(await logins.judge(new Map(), 'anna', 'correct horse')).to.equal(undefined)
  })

  it('are compared a few at a time; some wait, and others are told to come again', async () => {
    const logins = new Logins()
    const all = await Promise.all(
      Array.from({ length: 40 }, () => logins.judge(people, 'anna', 'correct horse')),
    )
    expect(all.filter((each) => each === 'busy')).to.have.length(40 - 18)
    expect(all.filter((each) => each !== 'busy' && each?.name === 'anna')).to.have.length(18)
    expect(await logins.judge(people, 'anna', 'correct horse'), 'there is room again').to.have.property(
      'name',
    )
  })
})

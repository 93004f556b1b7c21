import { expect } from 'chai'
import { reasonOf } from '../testing/failure'
import { RolloutCalls } from './rollout_calls'

class Noun {
  asked = 0
  private answer: () => void = () => {}

  ask(): Promise<string> {
    this.asked += 1
    return new Promise((done) => (this.answer = () => done('asked')))
  }

  async fail(): Promise<void> {
    throw new Error('nobody is there')
  }

  refuse(): void {
    throw new Error('not this one')
  }

  say(word: string): string {
    return `${word} ${this.asked}`
  }

  reply(): void {
    this.answer()
  }
}

class Whole {
  readonly noun = new Noun()
  readonly other = new Noun()
  step = ''
}

describe('calls of a rollout', () => {
  const whole = new Whole()
  const { noun } = whole
  const isPart = (part: object) => part === noun

  it('are known to be over once they are, awaited or not', async () => {
    const calls = new RolloutCalls()
    void calls.watch(whole, isPart).noun.ask()
    let settled = ''
    const done = calls.settle().then((name) => (settled = name ?? 'nothing'))
    await Promise.resolve()
    expect(settled).to.equal('')
    noun.reply()
    await done
    expect(settled).to.equal('this.rollout.noun.ask')
    expect(await calls.settle()).to.equal(undefined)
  })

  it('are over when they fail, and their caller gets the error', async () => {
    const calls = new RolloutCalls()
    let heard: unknown
    const failing = calls
      .watch(whole, isPart)
      .noun.fail()
      .catch((error: unknown) => (heard = error))
    expect(await calls.settle()).to.equal('this.rollout.noun.fail')
    await failing
    expect(heard).to.be.instanceOf(Error)
  })

  it('are known to have failed, even where their caller has caught the error', async () => {
    const calls = new RolloutCalls()
    const watched = calls.watch(whole, isPart)
    await watched.noun.fail().catch(() => {})
    expect(() => watched.noun.refuse()).to.throw('not this one')
    await calls.settle()
    const failure = calls.takeFailure()
    expect(failure?.name).to.equal('this.rollout.noun.fail')
    expect(failure?.error).to.be.instanceOf(Error).and.to.have.property('message', 'nobody is there')
    expect(calls.takeFailure()).to.equal(undefined)
    expect(() => watched.noun.refuse()).to.throw('not this one')
    expect(calls.takeFailure()?.name).to.equal('this.rollout.noun.refuse')
  })

  it('are carried out by the object itself, which can be written to', () => {
    const watched = new RolloutCalls().watch(whole, isPart)
    watched.step = 'a line'
    expect(whole.step).to.equal('a line')
    expect(watched.noun.say('asked')).to.equal(noun.say('asked'))
    expect(watched.other).to.equal(whole.other)
  })

  it('fail once the scenario is over, end no process that does not listen, and are not carried out', async () => {
    const calls = new RolloutCalls()
    const watched = calls.watch(whole, isPart)
    const before = noun.asked
    calls.close((name) => new Error(`${name} came late`))
    void watched.noun.ask()
    expect(await reasonOf(watched.noun.ask())).to.equal('this.rollout.noun.ask came late')
    expect(noun.asked).to.equal(before)
  })
})

import { expect } from 'chai'
import { changesFleet, INTENTS, isSafeMode, MODES, modeOf, PROFILES, type Mode } from './modes'

const all = Object.entries(MODES).map(([mode, traits]) => ({ mode: mode as Mode, ...traits }))

describe('the modes of a run', () => {
  it('are told apart by the parameters of their profile; safe mode by nothing but being on', () => {
    for (const { mode, parameters } of all) expect(modeOf(parameters, mode === 'noop'), mode).to.equal(mode)
    for (const { mode, parameters } of all.filter(({ rollsOut }) => !rollsOut))
      expect(modeOf(parameters, true), mode).to.equal(mode)
  })

  it('have a profile that begins them, and every profile but the one beside others has a mode', () => {
    for (const { mode, profile } of all)
      expect(PROFILES[profile].mode, mode).to.equal(mode === 'noop' ? 'live' : mode)
    const beside = Object.entries(PROFILES).filter(([, { mode }]) => mode === undefined)
    expect(beside.map(([name]) => name)).to.deep.equal(['idempotence'])
  })

  it('go where their parameters say, and are an intent where these have one', () => {
    for (const { mode, target, parameters } of all)
      expect(target, mode).to.equal(parameters.mode === 'lint' ? 'none' : parameters.mode)
    expect(all.flatMap(({ parameters }) => parameters.intent ?? [])).to.have.members([...INTENTS])
  })

  it('change hosts of the fleet in one of them alone', () => {
    expect(all.filter(({ mode }) => changesFleet(mode)).map(({ mode }) => mode)).to.deep.equal(['live'])
  })

  it('change nothing where lines are planned, and plan nothing where they are carried out', () => {
    for (const { mode, target, changes, plans } of all)
      expect(changes, mode).to.equal(plans === 'none' && target !== 'none')
  })

  it('name their feature wherever it goes to the fleet', () => {
    for (const { mode, target, needsFeature } of all) expect(needsFeature, mode).to.equal(target === 'live')
  })

  it('know safe mode by its name in a journal, and no other word', () => {
    expect([...Object.keys(MODES), 'toString', ''].filter(isSafeMode)).to.deep.equal(['noop'])
  })
})

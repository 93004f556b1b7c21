import { expect } from 'chai'
import type { StartCommands, StartRolloutOrder } from '../starts/starter'
import { START_PLAN } from './memory_starts'

/** Commands of starts, and how a test has them fail. */
export interface CommandsUnderTest {
  commands: StartCommands
  /** Lets each step from now on fail. */
  failAll(): void
}

/** What every implementation of `StartCommands` does. */
export function startCommandsContract(name: string, open: () => CommandsUnderTest): void {
  const never = new AbortController().signal
  const orderOf = (commands: StartCommands): StartRolloutOrder => ({
    run: commands.newRun(),
    feature: 'deploy.feature',
    environment: 'test',
    variables: {},
    release: null,
    ticket: null,
    limit: null,
    ...commands.beside('deploy.feature'),
    by: 'anna',
    plan: START_PLAN,
    planRun: commands.newRun(),
  })

  describe(`the commands of starts: ${name}`, () => {
    it('say nothing passed that did not', async () => {
      const { commands, failAll } = open()
      failAll()
      for (const step of ['lint', 'rehearse', 'plan'] as const) {
        const outcome = await commands.carryOut(step, orderOf(commands), never)
        expect(outcome).to.include({ result: 'failed', plan: null, hosts: 0, changes: 0 })
        expect(outcome.why).to.be.a('string')
      }
    })

    it('say of a rollout that was never started that it did not begin', async () => {
      const { commands } = open()
      const { result, verdict, why } = await commands.outcomeOf(orderOf(commands))
      expect([result, verdict]).to.deep.equal(['failed', null])
      expect(why).to.match(/did not begin/)
      expect(await commands.hasEnded(commands.newRun())).to.equal(false)
    })

    it('know a rollout as gone once nothing of it is there', async () => {
      const { commands } = open()
      const order = orderOf(commands)
      await commands.start(order)
      await commands.untilGone(order.run, never)
      commands.end(order.run)
    })
  })
}

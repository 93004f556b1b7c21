import { expect } from 'chai'
import fc from 'fast-check'
import { SshPool, type SshPlace } from './ssh_pool'

const never = new AbortController().signal
const settle = () => new Promise((resolve) => setImmediate(resolve))

describe('the places for ssh processes', () => {
  it('are never more than allowed, and everyone comes to one, whoever rests, leaves or goes on', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.boolean(), { maxLength: 30 }),
        async (sessions, rests) => {
          const pool = new SshPool({ sessions })
          let [there, most, served] = [0, 0, 0]
          const all = rests.map(async (isResting) => {
            const place: SshPlace = await pool.enter(() => {
              there -= 1
              place.leave()
            }, never)
            there += 1
            served += 1
            most = Math.max(most, there)
            await settle()
            if (isResting) return place.rest()
            there -= 1
            place.leave()
          })
          await Promise.all(all)
          expect(served).to.equal(rests.length)
          expect(most).to.be.at.most(sessions)
        },
      ),
    )
  })

  it('go to another only when at rest, the one that has rested longest first', async () => {
    const pool = new SshPool({ sessions: 2 })
    const closed: string[] = []
    const enter = async (name: string) => {
      const place: SshPlace = await pool.enter(() => {
        closed.push(name)
        place.leave()
      }, never)
      return place
    }
    const [a, b] = [await enter('a'), await enter('b')]
    const third = enter('c')
    await settle()
    expect(closed).to.deep.equal([])
    b.rest()
    const c = await third
    expect(closed).to.deep.equal(['b'])
    c.rest()
    a.rest()
    c.busy()
    await enter('d')
    expect(closed).to.deep.equal(['b', 'a'])
  })

  it('are not waited for by one who goes away', async () => {
    const pool = new SshPool({ sessions: 1, logins: 1 })
    const place = await pool.enter(() => {}, never)
    const away = new AbortController()
    const waiting = pool.enter(() => {}, away.signal).catch((error: unknown) => error)
    away.abort(new Error('away'))
    expect(await waiting).to.have.property('message', 'away')
    place.leave()
    ;(await pool.enter(() => {}, never)).leave()
  })

  it('are entered by few logins at once, also when one fails', async () => {
    const pool = new SshPool({ logins: 2 })
    let [now, most] = [0, 0]
    const all = Array.from({ length: 9 }, (_, each) =>
      pool
        .login(never, async () => {
          now += 1
          most = Math.max(most, now)
          await settle()
          now -= 1
          if (each % 2 === 0) throw new Error('failed')
        })
        .catch(() => {}),
    )
    await Promise.all(all)
    expect({ most, now }).to.deep.equal({ most: 2, now: 0 })
  })
})

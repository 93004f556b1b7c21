import { expect } from 'chai'
import { FakeClock } from '../testing/fake_clock'
import { LoginLimits } from './login_limits'

describe('the limits of logins', () => {
  const attempt = (name: string, address: string, browser?: string) => ({ name, address, browser })
  const tries = (limits: LoginLimits, count: number, of: ReturnType<typeof attempt>) =>
    Array.from({ length: count }, () => limits.begin(of) === undefined).filter((isTaken) => isTaken).length

  it('are ten for an address, of whichever names, and end by themselves', async () => {
    const clock = new FakeClock()
    const limits = new LoginLimits(clock)
    const taken = Array.from({ length: 15 }, (_, index) => limits.begin(attempt(`n${index}`, '10.0.0.1')))
    expect(taken.filter((wait) => wait === undefined)).to.have.length(10)
    expect(taken.at(-1)).to.equal(900)
    expect(limits.begin(attempt('n1', '10.0.0.2'))).to.equal(undefined)
    clock.after(900_000, () => {})
    await clock.next()
    expect(limits.begin(attempt('n1', '10.0.0.1'))).to.equal(undefined)
  })

  it('take the addresses that one customer of IPv6 has for one', () => {
    const limits = new LoginLimits(new FakeClock())
    expect(tries(limits, 6, attempt('anna', '2001:db8:1:2::1'))).to.equal(6)
    expect(tries(limits, 6, attempt('anna', '2001:db8:1:2:ffff::9'))).to.equal(4)
    expect(tries(limits, 6, attempt('bert', '2001:db8:1:3::1'))).to.equal(6)
    expect(tries(limits, 6, attempt('bert', '2001:0db8:0001:0003:0:0:0:7'))).to.equal(4)
  })

  it('leave a known browser its own guesses', () => {
    const limits = new LoginLimits(new FakeClock())
    for (let times = 0; times < 40; times += 1) limits.begin(attempt('anna', `10.0.0.${times}`))
    expect(tries(limits, 1, attempt('anna', '10.0.1.1'))).to.equal(0)
    expect(tries(limits, 15, attempt('anna', '10.0.0.1', 'b1'))).to.equal(10)
  })

  it('count no login that was right', () => {
    const limits = new LoginLimits(new FakeClock())
    for (let times = 0; times < 100; times += 1) {
      expect(limits.begin(attempt('anna', '10.0.0.1'))).to.equal(undefined)
      limits.takeBack(attempt('anna', '10.0.0.1'))
    }
  })
})

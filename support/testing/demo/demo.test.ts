import { existsSync } from 'node:fs'
import { expect } from 'chai'
import { tokenIn } from '../console_browser'
import { freePort } from '../real/processes'
import { showDemo, type DemoOptions } from './demo'
import type { DemoPerson } from './demo_project'

type Ready = Parameters<DemoOptions['onReady']>[0]

describe('npm run serve @long', function () {
  this.timeout(300_000)

  it('shows pages to two people, and leaves nothing behind', async () => {
    const end = new AbortController()
    const port = await freePort()
    let ready: (value: Ready) => void = () => {}
    const isReady = new Promise<Ready>((resolve) => (ready = resolve))
    const demo = showDemo({
      port,
      env: process.env,
      signal: end.signal,
      onProgress: () => {},
      onReady: ready,
    })
    const { address, folder, people } = await Promise.race([
      isReady,
      demo.then(() => Promise.reject(new Error('it ended'))),
    ])
    try {
      for (const person of people) {
        const page = await pageOf(address, person)
        expect(page)
          .to.contain('Nothing is out of rotation')
          .and.contain('8 of 8 hosts')
          .and.contain('4.2.6-3')
      }
      const start = await pageOf(`${address}start`, people[0])
      expect(start).to.contain('features/website.feature')
    } finally {
      end.abort()
      await demo
    }
    expect(existsSync(folder)).to.equal(false)
    await fetch(address).then(
      () => expect.fail('lockstep serve answers still'),
      (error: unknown) => expect(error).to.be.an('error'),
    )
  })
})

/** Logs in, and returns the text of a page. */
async function pageOf(address: string, person: DemoPerson | undefined): Promise<string> {
  const { origin } = new URL(address)
  const login = await fetch(`${origin}/login`)
  const form = {
    form: tokenIn(await login.text()),
    name: person?.name ?? '',
    password: person?.password ?? '',
  }
  const answer = await fetch(`${origin}/login`, {
    method: 'POST',
    body: new URLSearchParams(form),
    headers: { origin, cookie: cookiesOf(login) },
    redirect: 'manual',
  })
  expect(answer.status).to.equal(303)
  return (await fetch(address, { headers: { cookie: cookiesOf(answer) } })).text()
}

function cookiesOf(answer: Response): string {
  return answer.headers
    .getSetCookie()
    .map((each) => each.split(';')[0] ?? '')
    .join('; ')
}

import type { PuppetServer } from '../agents/puppetserver'

/** The code that a pretended puppetserver compiles: the release and its commit. */
interface Compiled {
  tag: string
  commit: string
}

/** Returns a puppetserver that compiles what a deploy has brought to its end; it answers for the host `name`. */
export function pretendPuppetserver(name: string, compiled: () => Compiled | undefined): PuppetServer {
  return {
    serving(environment = 'production') {
      const found = compiled()
      if (found === undefined) throw new Error(`The puppetserver of ${name} has no code`)
      const { tag, commit } = found
      const url = `https://${name}:8140`
      return { version: `${tag} ${commit}`, environment, environmentTimeout: '0', url }
    },
  }
}

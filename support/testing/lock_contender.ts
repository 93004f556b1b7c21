import { HostLocks, lockSurroundings } from '../locks/host_locks'

/** Claims hosts at a moment that its parent names, says `won` or `lost`, and keeps them until its input ends. */
async function main(directory: string, run: string, hosts: string, at: string): Promise<void> {
  const locks = new HostLocks({ ...lockSurroundings({}), directory })
  while (Date.now() < Number(at)) await new Promise((resolve) => setImmediate(resolve))
  const others = await locks.claim({ run, feature: 'x.feature', fleet: 'f', hosts: hosts.split(',') })
  process.stdout.write(others.length === 0 ? 'won\n' : 'lost\n')
  process.stdin.resume().once('end', () => void locks.release())
}

const [directory = '', run = '', hosts = '', at = '0'] = process.argv.slice(2)
void main(directory, run, hosts, at)

import { expect } from 'chai'
import type { Firewall } from '../agents/iptables'

/** Describes the behaviour of every packet filter of a host: pretended ones, and those of the kernel. */
export function firewallContract(open: () => Promise<{ firewall: Firewall; stop(): void }>): void {
  describe('as every packet filter', () => {
    let firewall: Firewall
    let stop: () => void
    beforeEach(async () => ({ firewall, stop } = await open()))
    afterEach(() => stop())

    it('blocks nothing to begin with', async () => {
      expect(await firewall.blocked()).to.deep.equal([])
    })

    it('blocks and unblocks addresses one by one, of both kinds', async () => {
      for (const address of ['192.168.1.1', '10.0.0.7', 'fe80::1']) await firewall.block(address)
      expect(await firewall.blocked()).to.have.members(['192.168.1.1', '10.0.0.7', 'fe80::1'])
      await firewall.unblock('192.168.1.1')
      expect(await firewall.blocked()).to.have.members(['10.0.0.7', 'fe80::1'])
      for (const address of ['10.0.0.7', 'fe80::1']) await firewall.unblock(address)
      expect(await firewall.blocked()).to.deep.equal([])
    })

    it('unblocks what was blocked twice', async () => {
      await firewall.block('192.168.1.1')
      await firewall.block('192.168.1.1')
      expect(await firewall.blocked()).to.deep.equal(['192.168.1.1'])
      await firewall.unblock('192.168.1.1')
      expect(await firewall.blocked()).to.deep.equal([])
    })
  })
}

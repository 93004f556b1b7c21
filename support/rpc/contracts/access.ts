import { mutating, readOnly, type Contract } from './contract'
import { networkAddress, passwordHash, siteName, userName } from './rules'

const site = { site: siteName }
const one = { ...site, user: userName }

const status = {
  lines: 'How many lines the user has in the file; the web server takes the first',
  usable: 'Whether the first of them lets the user in with its password',
}
const known = {
  kind: 'The kind of its hash, such as bcrypt or apr1; nothing without a line',
  digest: 'The SHA-256 of its hash, where that is bcrypt and the line stands alone and as it should',
  similar: 'Other names of the file that differ by case or blanks alone',
}

const oneAddress = { ...site, address: networkAddress }
const addressStatus = {
  allowed: 'Whether a line of the file has all of the address or network',
  by: 'The addresses and networks of the file that have it',
  parts: 'Those of the file that are a part of it',
  unused: 'Whether a change was begun that the web server may not have read',
}

/**
 * The contract of the users whom a host's sites let in. A message names a site, and a user with a hash or an
 * address. The files are in the host's own configuration, and nowhere else.
 */
export const access = {
  agent: 'access',
  description: 'Lets users and addresses in to configured sites of a web server, and shuts them out',
  timeout: 30,
  actions: {
    users: readOnly('Tells who is in the file of a site, and with which kind of hash', {
      inputs: site,
      outputs: { users: 'The kind of hash of each user, the first ones', count: 'How many users there are' },
    }),
    status: readOnly('Tells whether the file of a site lets a user in', {
      inputs: one,
      outputs: status,
      also: known,
    }),
    allow: mutating('Gives a user one line with this hash', {
      inputs: { ...one, hash: passwordHash },
      also: { ...status, ...known, changed: 'Whether the file was written' },
    }),
    remove: mutating('Takes every line of a user out of the file', {
      inputs: one,
      also: { ...status, ...known, changed: 'Whether the file was written' },
    }),
    addresses: readOnly('Tells which addresses and networks a site lets in', {
      inputs: site,
      outputs: { addresses: 'The first ones', count: 'How many there are', unused: addressStatus.unused },
    }),
    address_status: readOnly('Tells whether a site lets an address or network in', {
      inputs: oneAddress,
      outputs: addressStatus,
    }),
    allow_address: mutating('Lets an address or network in, tested by the web server', {
      inputs: oneAddress,
      also: { ...addressStatus, changed: 'Whether the file was written' },
    }),
    remove_address: mutating('Takes an address or network out of the file, and those within it', {
      inputs: oneAddress,
      also: { ...addressStatus, changed: 'Whether the file was written' },
    }),
  },
} as const satisfies Contract

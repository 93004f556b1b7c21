import { expect } from 'chai'
import { nameFault } from './name_fault'
import { SSH_FAULTS } from './ssh_fault'

const CHANGED = `@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
The fingerprint for the ED25519 key sent by the remote host is
SHA256:AAAA.
Add correct host key in /home/op/.ssh/known_hosts to get rid of this message.
Offending ED25519 key in /home/op/.ssh/known_hosts:7
Host key for web1 has changed and you have requested strict checking.
Host key verification failed.`

describe('the name of a login that has failed', () => {
  const fault = (errors: string, exitCode: number | undefined = 255, noise = '') =>
    nameFault({ errors, noise, exitCode, withinS: 15 })

  it('is that of its cause, in the words of ssh, sudo and shells', () => {
    for (const [errors, kind] of [
      [CHANGED, 'host-key-changed'],
      [
        'No ED25519 host key is known for web1 and you have requested strict checking.\nHost key verification failed.',
        'host-key-unknown',
      ],
      ['op@web1: Permission denied (publickey,password).', 'permission-denied'],
      ['ssh: Could not resolve hostname web1: Name or service not known', 'name-unknown'],
      ['ssh: connect to host web1 port 22: Connection refused', 'refused'],
      ['ssh: connect to host web1 port 22: No route to host', 'no-route'],
      ['ssh: connect to host web1 port 22: Connection timed out', 'too-slow'],
      ['Connection timed out during banner exchange', 'too-slow'],
      ['kex_exchange_identification: read: Connection reset by peer', 'dropped'],
      ['sudo: a password is required', 'sudo-password'],
      ['sudo: sorry, you must have a tty to run sudo', 'sudo-terminal'],
      ['bash: line 1: exec: sudo: not found', 'sudo-absent'],
      ['op is not in the sudoers file.', 'sudo-refused'],
    ] as const)
      expect(fault(errors).kind, errors).to.equal(kind)
  })

  it('gives the new fingerprint, and where the old key is', () => {
    expect(fault(CHANGED).message).to.equal(
      'its host key has changed, to ED25519 SHA256:AAAA; it is not trusted. If this host is new or was set up anew, compare the fingerprint on the host (ssh-keygen -lf) and remove the old key (/home/op/.ssh/known_hosts:7)',
    )
  })

  it('tells a shell that is none from an ssh that gives no reason', () => {
    expect(fault('', 1, 'This account is currently not available.\n').message).to.equal(
      'the user that logs in has no shell that runs sh; it says: This account is currently not available.. Give it one, or log in as another user',
    )
    expect(fault('', 255).kind).to.equal('other')
    expect(fault('something else\u001b[31m', 255).message).to.equal('ssh cannot log in: something else [31m')
  })

  it('has a kind that is in the list', () => {
    expect(SSH_FAULTS).to.include(fault('').kind)
  })
})

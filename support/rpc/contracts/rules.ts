import { isIP } from 'node:net'
import { OBJECT_ID, REPOSITORY_NAME } from '../../system/git_names'
import { parseNetwork } from '../../system/network'
import { optional, text, type InputRule } from './contract'

// A leading dash would be an option to the program that a provider runs.
export const packageName = text(
  // A dash at its end would have apt remove the package.
  /^[a-zA-Z0-9]([\w.+:-]*[\w.+:])?$/,
  150,
  'a package name: letters, digits and . + - _ :, such as mywebapp',
)
export const packageVersion = text(
  /^[a-zA-Z0-9][\w.+:~^-]*$/,
  150,
  'a version: letters, digits and . + - ~ : ^ _, such as 4.2.6-3.el5',
)
export const serviceName = text(/^[a-zA-Z0-9][\w.@+:-]*$/, 90, 'a service name, such as apache2')
export const checkName = text(
  /^[a-zA-Z0-9_-]+$/,
  50,
  'a check name: letters, digits, - and _, such as check_load',
)
export const factName = text(/^[\w.:-]+$/, 120, 'a fact name')
export const anyText = (longest: number): InputRule => text(/^[^\0]*$/, longest, 'text')

export const address: InputRule = {
  kind: 'text',
  longest: 45,
  expected: 'an IP address, such as 192.168.1.1',
  optional: false,
  // No readable expression tells addresses from other texts; `source` is the pattern that a DDL shows.
  pattern: { test: (value: string) => isIP(value) !== 0 && !value.includes('%'), source: '^[0-9a-fA-F.:]+$' },
}

export const networkAddress: InputRule = {
  kind: 'text',
  longest: 43,
  expected: 'an IP address or a network, such as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32',
  optional: false,
  pattern: {
    test: (value: string) => parseNetwork(value) !== undefined,
    source: '^[0-9a-fA-F.:]+(/[0-9]{1,3})?$',
  },
}

export const leaseName = text(/^[\w.:-]+$/, 100, 'the name of a run: letters, digits and . : - _')
export const puppetEnvironment = text(/^[a-z][a-z0-9_]*$/, 50, 'a puppet environment, such as production')
export const puppetTags = text(/^[\w:.-]+(\s*,\s*[\w:.-]+)*$/, 120, 'puppet tags with commas between them')
export const puppetServer = text(/^[a-zA-Z0-9][\w.-]*(:\d{1,5})?$/, 100, 'a server, or server:port')
export const applicationName = text(
  REPOSITORY_NAME,
  64,
  'the name of an application: lower-case letters, digits, - and _, such as mywebapp',
)
export const codeDigest = text(/^[0-9a-f]{64}$/, 64, 'a SHA-256: 64 hexadecimal digits in lower case')
export const optionalVersion = optional(packageVersion)

// A name stands in paths of the host's own configuration, never in one that a message makes.
export const repositoryName = text(
  REPOSITORY_NAME,
  64,
  'the name of a repository: lower-case letters, digits, - and _, such as website',
)
/**
 * A tag by the rules of `git check-ref-format`, and narrower: ASCII alone, so that two tags that look the same are the
 * same. A tag with the form of a commit id is refused, since git would read it as one.
 */
export const tagName = text(
  /^(?!.*(?:\.\.|\/\/|\/\.|\.lock\/|\.lock$|[./]$))(?![0-9a-fA-F]{40}$|[0-9a-fA-F]{64}$)[A-Za-z0-9][A-Za-z0-9_.+/-]*$/,
  100,
  'a tag: letters, digits and . + - _ /, such as v4.2.6',
)
export const commitId = text(OBJECT_ID, 64, 'a whole commit id: 40 or 64 hexadecimal digits in lower case')

export const siteName = text(
  REPOSITORY_NAME,
  64,
  'the name of a site: lower-case letters, digits, - and _, such as intranet',
)
// A colon or the end of a line within a name would give a second user a line.
export const userName = text(
  /^[A-Za-z0-9](?:[A-Za-z0-9._@-]{0,62}[A-Za-z0-9])?$/,
  64,
  'the name of a user: letters, digits and . _ @ -, such as alice',
)
// A hash of a high cost would keep the web server busy with each request.
export const passwordHash: InputRule = {
  kind: 'text',
  pattern: /^\$2y\$(?:0[5-9]|1[0-4])\$[./A-Za-z0-9]{53}$/,
  longest: 60,
  expected: 'a bcrypt hash, $2y$ with a cost of 5 to 14',
  optional: false,
  hidden: true,
}

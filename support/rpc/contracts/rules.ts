import { isIP } from 'node:net'
import { optional, text, type InputRule } from './contract'

// A leading dash would be read as an option by the program that a provider runs.
export const packageName = text(
  /^[a-zA-Z0-9][\w.+:-]*$/,
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
  // Only `test` is asked of a rule's pattern, and no readable expression tells addresses from their like.
  pattern: Object.assign(/^/, { test: (value: string) => isIP(value) !== 0 && !value.includes('%') }),
}

export const flag: InputRule = { kind: 'boolean', optional: true }
export const optionalVersion = optional(packageVersion)

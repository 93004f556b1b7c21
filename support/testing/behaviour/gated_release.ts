import type { Manual } from './manual'

/** Writes a rollout of release 1.3 in waves that undoes what it did, and a feature that goes on only after it. */
export function writeGatedRelease({ scratch }: Manual): void {
  scratch.write('own.feature', ROLLOUT)
  scratch.write('gate.feature', GATE)
}

const ROLLOUT = `Feature: Own
  Background:
    Given this is release 1.3
    And the load balancer is the haproxy backend www
    And I want to update hosts with identity /^web[1-5]\\./
    And on failure every touched host goes back to the version it had
    And on failure healthy hosts go back into rotation
  Scenario Outline: Own <wave>
    Given I take <wave>
    When I block the load balancer
    And I update the package mywebapp
    Then the package version for mywebapp should be 4.2.6-3.el5
    And the check check_http should be ok
    When I unblock the load balancer
    Then traffic from the load balancer should be unblocked
    Examples:
      | wave     |
      | 2 hosts  |
      | 2 hosts  |
      | the rest |
`

const GATE = `Feature: Gate
  Scenario: Gate
    Given I want to update hosts with identity /^web[1-5]\\./
    Then release 1.3 should have passed in test
    When I restart the service mywebapp
    Then the service mywebapp should be running
`

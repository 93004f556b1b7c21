Feature: A release of the puppet code, in noop first

  Background:
    Given this is release 2026.11.3
    And I want to update hosts with class roles::dev_server
    And I want to update hosts with fact country=de
    And there should be at least 8 hosts

  Scenario: Safe first
    When I run puppet in noop
    Then puppet should have failed on no resource
    And puppet would change nothing but:
      | Package[mywebapp] | 4.2.6-2.el5 → 4.2.6-3.el5 |

  Scenario Outline: Live on <wave>
    Given I take the next <wave>
    When I run puppet
    Then puppet should have failed on no resource
    And puppet should change nothing when run again
    And puppet should have applied release "2026.11.3"

    Examples:
      | wave     |
      | 1 host   |
      | 25%      |
      | the rest |

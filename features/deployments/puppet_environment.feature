Feature: A release of the puppet code, on the hosts of one environment
    Background:
        Given this is release 2026.11.3
        And the hosts of environment test
        And I want to update hosts with class roles::web
        And I want to pre-discover how many hosts to update
        And no host may go back to an older version
    Scenario: Safe mode, on all of them
        When I run puppet in noop
        Then puppet should have failed on no resource
        And puppet would change nothing but:
            | Package[mywebapp] | 4.2.6-2 → 4.2.6-3 |
    Scenario: A person has read what would change
        Given I wait up to 30 minutes for approval
    Scenario Outline: Activation on <wave>
        Given I take the next <wave>
        When I run puppet
        Then puppet should have failed on no resource
        And puppet should change nothing when run again
        And puppet should have applied release "2026.11.3"
        Examples:
            | wave     |
            | 1 host   |
            | 50%      |
            | the rest |

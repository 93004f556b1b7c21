Feature: A release of the puppet code that is packed with an application
    Background:
        Given this is release 2026.11.3
        And I want to update hosts with class roles::dev_server
        And I want to update hosts with fact country=de
        And I want to pre-discover how many hosts to update
        And no host may go back to an older version
    Scenario: Safe mode, on all of them
        Then the modules deployed should be those of the Puppetfile
        When I apply the puppet code in noop
        Then puppet should have failed on no resource
        And puppet would change nothing but:
            | Package[mywebapp] | 4.2.6-2.el5 → 4.2.6-3.el5 |
    Scenario Outline: Activation on <wave>
        Given I take the next <wave>
        When I apply the puppet code
        Then puppet should have failed on no resource
        And puppet should change nothing when run again
        And puppet should have applied release "2026.11.3"
        Examples:
            | wave     |
            | 1 host   |
            | 50%      |
            | the rest |

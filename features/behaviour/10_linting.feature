@behaviour
Feature: 10. Linting
    The profile lint reads a feature and names each danger that its text alone shows. Errors make
    it exit with 2; warnings are for somebody to judge.

    Scenario: Each line that would leave hosts out, unseen or half done is found
        Each of these features passes on a good day, and harms hosts on a bad one.

        Given a file "own.feature":
            """
            Feature: Own
              Background:
                Given the load balancer has ip address 192.168.1.1
                And I want to update hosts with identity web1.example.net

              Scenario: An update whose version is not looked at
                When I block the load balancer
                And I update the package other
                Then the check other should be ok
                When I unblock the load balancer

              Scenario: Hosts that go back unseen
                When I block the load balancer
                And I restart the service httpd
                And I unblock the load balancer
                Then the check check_http should be ok

              Scenario: A change before hosts are out
                When I update the package a
                And I block the load balancer
                Then the package version for a should be 2
                When I unblock the load balancer

              Scenario: Another version than the one asked for
                When I block the load balancer
                And I install version 1 of the package a
                Then the package version for a should be 2
                When I unblock the load balancer

              Scenario: The opposite of what was asked for
                When I block the load balancer
                Then traffic from the load balancer should be unblocked
                When I unblock the load balancer

              Scenario: Connections that a firewall cannot drain
                When I drain the load balancer
                And I unblock the load balancer

              Scenario: Hosts that are not put back
                When I block the load balancer
                And I restart the service httpd
                Then the service httpd should be running
            """
        When I run cucumber-js "-p lint own.feature"
        Then it should exit with 2
        And it should say of the lines of "own.feature":
            | 8  | update-without-version-check: |
            | 15 | unblock-before-health-check:  |
            | 19 | change-in-rotation:           |
            | 27 | other-version-checked:        |
            | 32 | opposite-checked:             |
            | 36 | firewall-cannot:              |
            | 40 | block-without-unblock:        |
        And it should say "INVALID 7 errors"
        And it should say "nothing was sent"
        And it should show no stack trace

    Scenario: A finding says why it matters, how to put it right, and how to allow it
        A rule without a reason gets switched off.

        Given a feature "own.feature" with the steps:
            """
            When I disable puppet
            """
        When I run cucumber-js "-p lint own.feature"
        Then it should exit with 2
        And it should say:
            """
            own.feature:3: block-without-unblock: "I disable puppet", and no line after it enables puppet again
            The rollout would pass, and leave its hosts out of service, without alerts, or with puppet disabled.
            Say "I unblock the load balancer", "I end the downtime" or "I enable puppet" as one of the last lines.
            Or allow it: # lockstep: allow block-without-unblock because …
            """
        And it should say "INVALID 1 error (own.feature:3); nothing was sent"
        And no line of what it says should be wider than 80 columns

    Scenario: The deployments that people copy have no errors
        People copy what they find, mistakes included.

        Given the website feature
        And the rolling feature
        When I run cucumber-js "-p lint website.feature rolling.feature"
        Then it should exit with 0
        And it should say "website.feature:8: wave-as-large-as-the-pool: warning"
        And it should say "nothing was sent; 2 warnings"
        And it should not say "rolling.feature:"

    Scenario: A finding on a line of a Scenario Outline is shown once
        Ten waves would say the same ten times, and the reader would stop reading.

        Given a feature "own.feature" with waves "1 host, 50%, the rest" and the steps:
            """
            When I block the load balancer
            """
        When I run cucumber-js "-p lint own.feature"
        Then it should exit with 2
        And it should say "INVALID 1 error and 1 warning (own.feature:"

    Scenario: A change in the Background is found, since it comes before the wave is taken
        The whole fleet would be restarted before the first wave begins.

        Given a file "own.feature":
            """
            Feature: Own
              Background:
                Given I restart the service httpd

              Scenario Outline: Own
                Given I take the next <wave>
                Then the service httpd should be running
                Examples:
                  | wave     |
                  | the rest |
                  | 1 host   |
            """
        When I run cucumber-js "-p lint own.feature"
        Then it should exit with 2
        And it should say "own.feature:3: change-before-the-wave:"
        And it should say 'own.feature:6: wave-after-the-rest: the wave "1 host" comes after "the rest", which leaves nobody'

    Scenario: A comment with a reason allows it, on the line before the step, the scenario or the feature
        A team with a good reason would otherwise switch off the whole linting.

        Given a file "own.feature":
            """
            # lockstep: allow update-without-version-check because the newest is always right here
            @tools
            Feature: Own
              # lockstep: allow block-without-unblock because these hosts are being retired
              @retire
              Scenario: Retire
                When I disable puppet

              Scenario: Update
                When I update the package screen
                # lockstep: allow block-without-unblock because puppet is enabled by hand
                And I disable puppet
            """
        When I run cucumber-js "-p lint own.feature"
        Then it should exit with 0
        And it should say "every line is known; nothing was sent"
        And it should not say "warning"

    Scenario: A comment that allows nothing is found, and so is what it was for
        A misspelt comment looks like a decision, and hides nothing or too much.

        Given a file "own.feature":
            """
            Feature: Own
              Scenario: No reason
                # lockstep: allow block-without-unblock
                When I disable puppet
              Scenario: No such rule
                # lockstep: allow blocks because of reasons
                When I disable puppet
              Scenario: No such word
                # lockstep: allowed
                When I disable puppet
              Scenario: Another rule
                # lockstep: allow no-load-balancer because of reasons
                When I disable puppet
            """
        When I run cucumber-js "-p lint own.feature"
        Then it should exit with 2
        And it should say of the lines of "own.feature":
            | 3  | allow-without-reason:  |
            | 4  | block-without-unblock: |
            | 6  | allow-unknown-rule:    |
            | 7  | block-without-unblock: |
            | 9  | allow-not-understood:  |
            | 10 | block-without-unblock: |
            | 12 | allow-without-effect:  |
            | 13 | block-without-unblock: |

    Scenario: Steps of a team's own have no findings, and a line that cannot be run is named as well
        Warnings about what a rule cannot know would hide those that matter.

        Given a feature "own.feature" with the steps:
            """
            When I disable puppet
            And I do something else
            """
        When I run cucumber-js "-p lint own.feature"
        Then it should exit with 2
        And it should say "own.feature:4: unknown step: I do something else"
        And it should not say "block-without-unblock"

    Scenario: A rollout itself is not linted
        A warning in the middle of a repair helps no one, and could stop it.

        Given a feature "own.feature" with the steps:
            """
            Given the load balancer has ip address 192.168.1.1
            And I want to update hosts with identity web1.example.net
            When I block the load balancer
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 0
        And it should not say "block-without-unblock"

@behaviour
Feature: 3. Checks, and waiting
    Waiting is part of the sentence, never hidden. The exit code of a check rules, not its text.

    Background:
        Given a file "fleet.yaml":
            """
            fleet:
              - hosts: web1
                checks:
                  good: ok
                  warm: warning
                  bad: critical
                  recovering: [critical, critical, ok]
                  flapping: [ok, critical, ok]
            """
        And the environment variable "LOCKSTEP_FLEET" is "fleet.yaml"

    Scenario: Checks pass that are as well as their lines say
        A service needs a moment after its start.
        A line that cannot wait for it would fail good rollouts.

        Given a feature "own.feature" with the steps:
            """
            Given I want to update hosts with identity web1
            Then the check good should be ok
            And the check warm should be ok or warning
            And the check good should be ok for 3 checks in a row
            And the check recovering should be ok within 5 minutes
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 0
        And it should say "✔ And the check recovering should be ok within 5 minutes 1/1 hosts"

    Scenario Outline: A rollout stops where the check <check> <sentence>, and is not
        A sick service would go back into rotation if a weaker result were taken for a good one.

        Given a feature "own.feature" with the steps:
            """
            Given I want to update hosts with identity web1
            Then the check <check> <sentence>
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 1
        And it should say "✘ Then the check <check> <sentence> 0/1"

        Examples:
            | check      | sentence                           |
            | warm       | should be ok                       |

        @long
        Examples:
            | check      | sentence                           |
            | missing    | should be ok                       |
            | recovering | should be ok                       |
            | bad        | should be ok within 500 ms         |
            | flapping   | should be ok for 3 checks in a row |

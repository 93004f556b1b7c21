@behaviour
Feature: 3. Checks, and waiting
    Waiting is part of the sentence, never hidden. The exit code of a check rules, not its text.

    Scenario Outline: The check <check> <sentence>
        Given a file "fleet.yaml":
            """
            fleet:
              - hosts: web1
                checks:
                  good: ok
                  warm: warning
                  bad: critical
                  odd: unknown
                  recovering: [critical, critical, ok]
                  flapping: [ok, critical, ok]
            """
        And the environment variable "LOCKSTEP_FLEET" is "fleet.yaml"
        And a feature "own.feature" with the steps:
            """
            Given I want to update hosts with identity web1
            Then the check <check> <sentence>
            """
        When I run cucumber-js "own.feature"
        Then it should exit with <status>

        Examples:
            | check      | sentence                           | status |
            | good       | should be ok                       | 0      |
            | warm       | should be ok                       | 1      |
            | warm       | should be ok or warning            | 0      |
            | bad        | should be ok or warning            | 1      |
            | odd        | should be ok or warning            | 1      |
            | missing    | should be ok                       | 1      |
            | recovering | should be ok                       | 1      |
            | recovering | should be ok within 5 seconds      | 0      |
            | bad        | should be ok within 500 ms         | 1      |
            | good       | should be ok for 3 checks in a row | 0      |
            | flapping   | should be ok for 3 checks in a row | 1      |

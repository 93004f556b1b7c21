@behaviour
Feature: 29. Package lists
    A host whose lists are old says that it is up to date. A version that no repository has is known before a host is touched.

    Background:
        Given a fleet that runs elsewhere, and an mco configuration for it

    Scenario: Lists are refreshed everywhere, and every host has the version to install
        A rollout that finds the version missing on its last host has changed all others by then.

        Given a feature "lists.feature" with the steps:
            """
            Given I want to update hosts with class roles::dev_server
            And I want to update hosts with fact country=de
            When I refresh the package lists
            Then the package mywebapp should be available in version 4.2.6-3.el5
            """
        When I run cucumber-js "-p plan lists.feature"
        Then it should exit with 0
        And it should say "would refresh its package lists"
        And no host should have been told to change anything
        When I run cucumber-js "-p live -p idempotence lists.feature"
        Then it should exit with 0
        And the step "the package mywebapp should be available in version 4.2.6-3.el5" should have counted:
            | expected   | 8 |
            | answered   | 8 |
            | diverged   | 0 |
            | silent     | 0 |
            | unexpected | 0 |
            | out        | 0 |

    Scenario: A version that no repository has stops the rollout before anything is installed
        Given a feature "lists.feature" with the steps:
            """
            Given I want to update hosts with class roles::dev_server
            When I refresh the package lists
            Then the package mywebapp should be available in version 9.9
            When I install version 9.9 of the package mywebapp
            Then the package version for mywebapp should be 9.9
            """
        When I run cucumber-js "-p live lists.feature"
        Then it should exit with 1
        And it should say "no repository offers mywebapp 9.9"

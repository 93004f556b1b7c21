@behaviour
Feature: 28. Users of a site
    A user who was shut out must not get in by another line, and a password is nobody's business but the user's.

    Background:
        Given a fleet that runs elsewhere, and an mco configuration for it
        And a file "lockstep.yaml":
            """
            default: test
            environments:
              test:
                client_config: client.cfg
                discovery_window: 2 seconds
                timeouts: { default: 20 seconds }
                variables:
                  plain: hunter2-and-more
                  alice_password: { env: ALICE_PASSWORD }
            """
        And the environment variable "ALICE_PASSWORD" is "hunter2-&-more"

    Scenario: A user is let in with a hash, which is shown nowhere, and once
        Given a repository with a cucumber.js
        And a file "own.feature":
            """
            Feature: Access
              Scenario: The intranet
                Given this is release 2026.11.3
                And I want to update hosts with fact country=de
                And I want to update hosts with class roles::dev_server
                When I let the user alice in to the site intranet with:
                  | password | <alice_password> |
                Then the user alice should be let in to the site intranet with:
                  | password | <alice_password> |
                When I shut the user bob out of the site intranet
                Then the user bob should be shut out of the site intranet
            """
        When I run cucumber-js "-p plan own.feature"
        Then it should exit with 0
        And it should say "would go from let in with another password or hash (apr1) to let in"
        And it should say "would go from let in to shut out"
        And no host should have been told to change anything
        When I run cucumber-js "-p live -p idempotence own.feature"
        Then it should exit with 0
        And nothing that the run leaves should contain "hunter2"
        And nothing that the run leaves should contain "$2y$"
        And it should not say "hunter2"
        When I run lockstep "history --host web3.example.net"
        Then it should say "access: allow intranet alice"
        When I run lockstep "drift"
        Then it should exit with 0
        When somebody lets the user "bob" in to the site "intranet" on "web3.example.net"
        And I run lockstep "drift"
        Then it should exit with 2
        And it should say "web3.example.net: let in"

    Scenario: A password that reports would show is refused
        Given a feature "own.feature" with the steps:
            """
            Given I want to update hosts with identity web1.example.net
            When I let the user alice in to the site intranet with:
                | password | <plain> |
            """
        When I run cucumber-js "-p live own.feature"
        Then it should exit with 2
        And it should say "let it come from a secret variable of lockstep.yaml, such as <alice_password>"

    Scenario: A rehearsal finds a host that only says that it shut the user out
        Nobody tries a password that is not to work any more.

        Given a file "shut.feature":
            """
            Feature: Access
              Scenario: The intranet
                Given I want to update hosts with class roles::dev_server
                And I want to update hosts with fact country=de
                And there should be at least 8 hosts
                When I shut the user bob out of the site intranet
                Then the user bob should be shut out of the site intranet
            """
        And the host "web3.example.net=lies"
        When I run cucumber-js "shut.feature"
        Then it should exit with 1
        And it should say "Diverged: web3.example.net"
        When I run cucumber-js "-p rehearse shut.feature"
        Then it should exit with 0

    Scenario: A network is let in, and not said to be shut out while a part of it gets in
        Given a file "network.feature":
            """
            Feature: Access
              Scenario: The intranet
                Given I want to update hosts with class roles::dev_server
                And I want to update hosts with fact country=de
                And there should be at least 8 hosts
                When I let the address 192.0.2.0/24 in to the site intranet
                Then the address 192.0.2.7 should be let in to the site intranet
                When I shut the address 198.51.100.7 out of the site intranet
                Then the address 198.51.100.7 should be shut out of the site intranet
                And the address 192.0.0.0/16 should be shut out of the site intranet
            """
        When I run cucumber-js "network.feature"
        Then it should exit with 1
        And it should say "shut out, but for 192.0.2.0/24"

    Scenario: A network that was let in is in the history, and is looked at for drift
        Given a repository with a cucumber.js
        And a file "own.feature":
            """
            Feature: Access
              Scenario: The intranet
                Given this is release 2026.11.3
                And I want to update hosts with fact country=de
                And I want to update hosts with class roles::dev_server
                When I let the address 192.0.2.0/24 in to the site intranet
                Then the address 192.0.2.0/24 should be let in to the site intranet
            """
        When I run cucumber-js "-p live -p idempotence own.feature"
        Then it should exit with 0
        When I run lockstep "history --host web3.example.net"
        Then it should say "access: allow_address intranet 192.0.2.0/24"
        When I run lockstep "drift"
        Then it should exit with 0

    Scenario: What is no network is told before a host is touched
        Given a feature "own.feature" with the steps:
            """
            Given I want to update hosts with identity web1.example.net
            When I let the address 192.0.2.7/24 in to the site intranet
            """
        When I run cucumber-js "-p live own.feature"
        Then it should exit with 2
        And it should say "an IP address or a network, such as 192.0.2.7"

    Scenario: The opposite of what was asked for is told before a host is touched
        Given a feature "own.feature" with the steps:
            """
            Given I want to update hosts with identity web1.example.net
            When I shut the user alice out of the site intranet
            Then the user alice should be let in to the site intranet
            """
        When I run cucumber-js "-p lint own.feature"
        Then it should exit with 2
        And it should say "is the opposite of what"

@behaviour
Feature: 27. Tags of a repository
    Hosts serve a tag by its commit. A name alone says nothing of what is served.

    Background:
        Given a file "website.feature":
            """
            Feature: Website
              Background:
                Given this is release 2026.11.3
                And I want to update hosts with class roles::dev_server
                And I want to update hosts with fact country=de
                And there should be at least 8 hosts
                And the repository website
                And the tag v4.2.6
              Scenario: The tag
                When I fetch the repository
                Then every host should have the tag
                When I deploy the tag
                Then the deployed tag should be v4.2.6
                And the working tree should be unchanged
            """

    Scenario Outline: A host that cannot serve the tag stops the rollout and says why: <fault>
        A deploy that is whole on most hosts leaves a fleet with two releases.

        Given the host "web3.example.net=<fault>"
        When I run cucumber-js "website.feature"
        Then it should exit with 1
        And it should say "Diverged: web3.example.net"
        And it should say "<said>"

        Examples:
            | fault             | said                                      |
            | lacks the tag     | has no tag v4.2.6                         |
            | moved tag         | The tag v4.2.6 has moved on the server    |
            | post script fails | its post script is not known to have succ |

    Scenario: A tag whose tests are not known to have passed is not deployed
        A tag is a name that anybody may set; what its commit came to in its tests is on record.

        Given a fleet that runs elsewhere, and an mco configuration for it
        And a feature "tested.feature" with the steps:
            """
            Given this is release 2026.11.3
            And I want to update hosts with class roles::dev_server
            And I want to update hosts with fact country=de
            And there should be at least 8 hosts
            And the repository website
            And the tag v4.2.6
            When I fetch the repository
            Then the tag should have passed its tests
            When I deploy the tag
            Then the deployed tag should be v4.2.6
            """
        When I run cucumber-js "-p live tested.feature"
        Then it should exit with 6
        And it should say "of website cannot be said to have passed its tests: the record in"
        And it should say "has no build of this commit"

    @long
    Scenario: A plan shows the commits, a deploy is done once, and drift is seen
        A tag that was deployed says nothing of what somebody did to the host since.

        Given a fleet that runs elsewhere, and an mco configuration for it
        And a repository with a cucumber.js
        When I run cucumber-js "-p plan website.feature"
        Then it should exit with 0
        And it should say "would go from v4.2.5 ("
        And it should say "PLANNED"
        And no host should have been told to change anything
        And the plan that was made should be JSON of the form "lockstep/plan/1"
        When I run cucumber-js "-p live -p idempotence website.feature" as it was planned
        Then it should exit with 0
        When I run lockstep "history --host web3.example.net"
        Then it should say "git: deploy website v4.2.6"
        And it should say "v4.2.5 ("
        When I run lockstep "drift"
        Then it should exit with 0
        When somebody deploys the tag "v4.2.5" of "website" on "web3.example.net"
        And I run lockstep "drift"
        Then it should exit with 2
        And it should say "web3.example.net: v4.2.5 ("

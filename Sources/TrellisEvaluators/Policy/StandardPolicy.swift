// The policy a validator uses when it is given none. `Examples/policy.yaml` is the same text; a test holds them equal.

extension Policy {
    /// YAML of the standard policy.
    public static let standard = #"""
        # The standard policy: what a validator uses when it is given no file of its own.
        # Rules are tried in order and the first that fits decides. docs/policy.md explains every fact and operator.
        #   reject   the command does damage that is hard to undo, whoever asks
        #   abstain  the command cannot be judged from its text alone: a person, or another seat, has to
        #   approve  everything else
        version: 1
        name: standard

        rules:
          - name: not-a-command
            when: { not: { field: kind, equals: command } }
            then: abstain
            reason: "No rule applies to a proposal of kind '{kind}'."

          # Damage to the machine.
          - name: fork-bomb
            when: { fact: fork_bomb }
            then: reject
            reason: "Starts copies of itself without end."
          - name: writes-to-device
            when: { fact: device_write }
            then: reject
            reason: "Writes to a disk or device directly."
          - name: deletes-root-or-home
            when: { fact: root_deletes }
            then: reject
            reason: "Deletes {root_deletes}: a whole file system or home, or what becomes one when a variable is empty."
          - name: deletes-system-paths
            when: { fact: system_deletes }
            then: reject
            reason: "Deletes {system_deletes}, outside any project."
          - name: deletes-working-directory
            when: { all: [working_directory_delete, recursive] }
            then: reject
            reason: "Deletes all of the working directory."
          - name: stops-the-host
            when: { fact: host_shutdown }
            then: reject
            reason: "Stops or restarts the host."
          - name: weakens-protection
            when: { fact: security_control }
            then: reject
            reason: "Changes or switches off a protection of the machine."
          - name: opens-permissions
            when:
              all:
                - unsafe_permissions
                - any: [recursive, system_writes]
            then: reject
            reason: "Makes files writable by everyone or run as their owner."
          - name: writes-critical-files
            when:
              fact: system_writes
              matches:
                ["/", "/boot*", "/etc/passwd", "/etc/*shadow", "/etc/group", "/etc/sudoers*", "/etc/ld.so.preload", "/etc/pam.d/*"]
            then: reject
            reason: "Writes {system_writes}."
          - name: plants-login-key
            when: { fact: writes, matches: "*authorized_keys" }
            then: reject
            reason: "Changes who may log in: {writes}."

          # Foreign code, and data that leaves.
          - name: leaks-secrets
            when: { fact: exfiltration }
            then: reject
            reason: "Sends secrets to another host: {secret_paths} to {remote_hosts}."
          - name: reverse-shell
            when: { fact: reverse_shell }
            then: reject
            reason: "Connects a shell or a file to a network socket ({remote_hosts})."
          - name: runs-unseen-code
            when: { any: [pipes_to_shell, executes_download] }
            then: reject
            reason: "Runs code that nobody has seen: fetched, decoded or piped into an interpreter."
          - name: privileged-container
            when: { fact: container_privileged }
            then: reject
            reason: "Gives a container the rights or files of the host."

          # Damage to what is shared.
          - name: destroys-data
            when: { fact: database_destructive }
            then: reject
            reason: "Drops, truncates or empties data in a database."
          - name: deletes-infrastructure
            when: { fact: infrastructure_delete }
            then: reject
            reason: "Deletes resources of a cluster, cloud or forge."
          - name: rewrites-history
            when:
              any:
                - all: [git_history_rewrite, git_push]
                - all: [git_history_rewrite, { not: git_discard }]
            then: reject
            reason: "Rewrites or deletes git history that others may have."

          # What the text alone cannot tell.
          - name: hidden-characters
            when: { fact: hidden_characters }
            then: abstain
            reason: "Contains characters that are not shown, so it may not run as it reads."
          - name: not-parsed
            when: { fact: parse_error }
            then: abstain
            reason: "Cannot be read as a shell command: {parse_error}."
          - name: not-knowable
            when: { fact: dynamic }
            then: abstain
            reason: "What runs is decided only when it runs."
          - name: inline-code
            when: { fact: inline_code }
            then: abstain
            reason: "Contains {inline_code} code, which this policy does not read."
          - name: deletes-unknown-paths
            when: { fact: unresolved_deletes }
            then: abstain
            reason: "What it deletes is known only when it runs: {unresolved_deletes}."
          - name: deletes-elsewhere
            when: { fact: outside_deletes }
            then: abstain
            reason: "Deletes {outside_deletes}, outside the working directory."
          - name: discards-work
            when: { fact: git_discard }
            then: abstain
            reason: "Discards work that git cannot bring back."
          - name: deletes-volumes
            when: { fact: container_delete }
            then: abstain
            reason: "Deletes container volumes, or whatever is unused."

          # What needs someone's word.
          - name: reads-secrets
            when: { fact: reads_secrets }
            then: abstain
            reason: "Reads secrets: {secret_paths}."
          - name: sends-data
            when: { fact: uploads }
            then: abstain
            reason: "Sends data to {remote_hosts}."
          - name: acts-on-another-host
            when: { fact: remote_execution }
            then: abstain
            reason: "Runs commands on another host or in a cluster: {remote_hosts}."
          - name: privileged
            when: { fact: privileged }
            then: abstain
            reason: "Runs with another user's rights: {programs}."
          - name: changes-machine
            when: { any: [system_writes, service_control, account_change, kernel_change, persistence, unsafe_permissions] }
            then: abstain
            reason: "Changes the machine itself, by: {programs}."
          - name: installs-on-machine
            when: { any: [system_packages, unverified_package] }
            then: abstain
            reason: "Installs packages for the whole machine, or from a place of its own."
          - name: changes-infrastructure
            when: { fact: infrastructure_change }
            then: abstain
            reason: "Changes resources of a cluster, cloud or forge."
          - name: too-much-to-review
            when: { fact: command_count, greater_than: 100 }
            then: abstain
            reason: "Holds {command_count} commands, more than one proposal should."

        default:
          then: approve
          reason: "Ordinary work: {programs}."

        """#
}

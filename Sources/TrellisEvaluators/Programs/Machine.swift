// Programs that steer the machine itself: processes, services, accounts, the kernel, schedules and protections.

extension CommandWalker {
    static let machineHandlers: [(String, Handler)] = [
        ("kill", { $0.runKill($2) }),
        (
            "pkill killall skill fuser xkill",
            { walker, _, invocation in
                walker.facts.set(.processControl)
                walker.facts.set(.hostShutdown, if: invocation.arguments.contains { ["init", "systemd", "sshd"].contains($0.literal) })
                return .none
            }
        ),
        (
            "reboot shutdown halt poweroff telinit kexec",
            { walker, _, invocation in
                walker.facts.set(.hostShutdown, if: !Arguments(invocation.arguments).has("c", "help"))
                walker.facts.set(.processControl)
                return .none
            }
        ),
        (
            "init",
            { walker, _, invocation in
                walker.facts.set(.hostShutdown, if: invocation.arguments.contains { ["0", "1", "6", "s", "S"].contains($0.literal) })
                return .none
            }
        ),
        ("systemctl", { $0.runSystemctl($2) }),
        ("service rc-service initctl launchctl supervisorctl pm2 sv", { $0.runService($1, $2) }),
        ("crontab at batch", { $0.runSchedule($1, $2) }),
        (
            """
            useradd adduser userdel deluser usermod groupadd groupdel groupmod gpasswd passwd chpasswd chsh chage visudo vipw \
            newusers ssh-copy-id
            """,
            { walker, _, invocation in
                walker.facts.set(.accountChange)
                walker.facts.set(.persistence)
                return .none
            }
        ),
        (
            "iptables ip6tables nft ufw firewall-cmd setenforce aa-teardown aa-disable auditctl semanage apparmor_parser",
            { $0.runProtection($1, $2) }
        ),
        (
            "unset",
            { walker, _, invocation in
                walker.facts.set(.securityControl, if: invocation.arguments.contains { ["HISTFILE", "HISTSIZE"].contains($0.literal) })
                return .none
            }
        ),
        (
            """
            sysctl modprobe insmod rmmod mount umount swapoff swapon losetup depmod kmod grub-install update-grub efibootmgr \
            bootctl setcap ldconfig hostnamectl timedatectl ip ifconfig route nmcli
            """,
            { $0.runKernel($1, $2) }
        ),
        (
            "journalctl",
            { walker, _, invocation in
                let arguments = Arguments(invocation.arguments, valued: "u n S U o t p")
                walker.facts.set(.securityControl, if: arguments.long.contains { $0.hasPrefix("vacuum") || $0 == "rotate" })
                return .opaque(isFromNetwork: false)
            }
        ),
        (
            "pass secret-tool keyctl security op vault bw lpass",
            { walker, program, invocation in
                let words = invocation.arguments.prefix(3).compactMap(\.literal)
                let reads: Set<String> = [
                    "show", "lookup", "print", "read", "get", "find-generic-password", "find-internet-password", "dump-keychain", "item",
                    "kv",
                ]
                if program == "pass" || words.contains(where: reads.contains) { walker.noteSecret() }
                return .opaque(isFromNetwork: false)
            }
        ),
    ]

    private mutating func runKill(_ invocation: Invocation) -> Stream {
        let fields = invocation.arguments
        if fields.first?.literal == "-l" || fields.first?.literal == "-0" { return .none }
        facts.set(.processControl)
        // A first dash word is the signal; a later one, like -1, a process group or everything.
        var targets = fields
        if let first = targets.first, first.knownPrefix.hasPrefix("-") {
            targets = targets.dropFirst(["-s", "-n", "--signal"].contains(first.literal) ? 2 : 1)
        }
        facts.set(.hostShutdown, if: targets.contains { ["1", "-1", "0"].contains($0.literal) })
        return .none
    }

    private mutating func runSystemctl(_ invocation: Invocation) -> Stream {
        let arguments = Arguments(invocation.arguments, valued: "t p n o H M type property state lines output host machine")
        if let host = arguments.values(of: "H", "host").first {
            facts.set(.remoteExecution)
            noteHost(host.text)
        }
        switch arguments.operands.first?.literal {
        case "status", "show", "cat", "is-active", "is-enabled", "is-failed", "list-units", "list-unit-files", "list-timers",
            "list-dependencies", "list-sockets", "help", nil:
            break
        case "reboot", "poweroff", "halt", "kexec", "rescue", "emergency", "suspend", "hibernate", "isolate", "exit":
            facts.set(.hostShutdown)
        case "enable", "link", "edit", "preset", "set-default", "import-environment", "set-environment":
            facts.set(.serviceControl)
            facts.set(.persistence)
        default: facts.set(.serviceControl)
        }
        return .opaque(isFromNetwork: false)
    }

    private mutating func runService(_ program: String, _ invocation: Invocation) -> Stream {
        let words = Set(invocation.arguments.compactMap(\.literal))
        let reads: Set<String> = ["status", "list", "ls", "--status-all", "logs", "log", "info", "show", "tail", "print"]
        facts.set(.serviceControl, if: !invocation.arguments.isEmpty && words.isDisjoint(with: reads))
        facts.set(.persistence, if: program == "launchctl" && !words.isDisjoint(with: ["load", "bootstrap", "enable", "submit"]))
        return .opaque(isFromNetwork: false)
    }

    private mutating func runSchedule(_ program: String, _ invocation: Invocation) -> Stream {
        let arguments = Arguments(invocation.arguments, valued: "u f t q")
        if arguments.has("l") { return .opaque(isFromNetwork: false) }
        facts.set(.persistence)
        if program == "crontab", arguments.has("r") { facts.append("crontab", to: .deletes) }
        guard case .text(let text) = invocation.input else { return .none }
        if program != "crontab" {
            _ = walk(field: Field(text), input: .none)
            return .none
        }
        for line in text.split(separator: "\n").prefix(ShellBounds.alternativesMaximum) where !line.hasPrefix("#") {
            // Five fields of time, or one word like @daily, stand before the command.
            let count = line.hasPrefix("@") ? 1 : 5
            let words = line.split(separator: " ", maxSplits: count, omittingEmptySubsequences: true)
            if words.count > count, let command = words.last { _ = walk(field: Field(String(command)), input: .none) }
        }
        return .none
    }

    private mutating func runProtection(_ program: String, _ invocation: Invocation) -> Stream {
        let words = invocation.arguments.compactMap(\.literal)
        let reads: Set<String> = [
            "-L", "-S", "--list", "--list-rules", "list", "status", "--state", "--list-all", "-l", "-nL", "-vnL", "-nvL",
        ]
        facts.set(.securityControl, if: !words.isEmpty && Set(words).isDisjoint(with: reads))
        return .opaque(isFromNetwork: false)
    }

    private mutating func runKernel(_ program: String, _ invocation: Invocation) -> Stream {
        let words = invocation.arguments.compactMap(\.literal)
        let isReading =
            switch program {
            case "sysctl": !words.contains { $0.contains("=") || $0 == "-w" || $0 == "-p" || $0 == "--system" || $0 == "--load" }
            case "mount", "ip", "route", "ifconfig", "nmcli", "swapon":
                words.filter { !$0.hasPrefix("-") }.count <= (program == "ip" || program == "nmcli" ? 2 : program == "ifconfig" ? 1 : 0)
                    || words.contains { ["show", "list", "ls", "get"].contains($0) }
            case "losetup", "bootctl", "efibootmgr": words.allSatisfy { ["-a", "-l", "-v", "status", "list"].contains($0) }
            case "hostnamectl", "timedatectl": words.allSatisfy { ["status", "show", "list-timezones"].contains($0) }
            case "ldconfig": words.contains("-p")
            default: false
            }
        facts.set(.kernelChange, if: !isReading)
        noteOperands(invocation.arguments)
        return .opaque(isFromNetwork: false)
    }
}

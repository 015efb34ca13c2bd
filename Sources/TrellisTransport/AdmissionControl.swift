// Who may knock: limits on unfinished handshakes, in all and for each address, and on how fast an address may begin them.
// Pure: the clock is the caller's.

/// The limits on inbound connections that have not shown an identity yet.
public struct AdmissionLimits: Sendable, Equatable {
    /// Unfinished handshakes at once.
    public var halfOpen: Int
    /// Unfinished handshakes at once from one address.
    public var halfOpenPerAddress: Int
    /// Connections that an address may begin at once after a pause.
    public var burstPerAddress: Int
    /// Connections a second that an address may begin in the long run.
    public var ratePerAddress: Int
    /// From so many unfinished handshakes on, a hello needs a cookie.
    public var cookiesFrom: Int
    /// Addresses remembered.
    public var addresses: Int

    public init(
        halfOpen: Int = 256, halfOpenPerAddress: Int = 32, burstPerAddress: Int = 128, ratePerAddress: Int = 16, cookiesFrom: Int = 32,
        addresses: Int = 4096
    ) {
        self.halfOpen = halfOpen
        self.halfOpenPerAddress = halfOpenPerAddress
        self.burstPerAddress = burstPerAddress
        self.ratePerAddress = ratePerAddress
        self.cookiesFrom = cookiesFrom
        self.addresses = addresses
    }
}

struct AdmissionControl: Sendable {
    private struct Account: Sendable {
        var halfOpen = 0
        /// Thousandths of a connection that may still begin.
        var credit: Int
        var since: UInt64
    }

    private let limits: AdmissionLimits
    private var accounts: [[UInt8]: Account] = [:]
    private(set) var halfOpen = 0

    init(limits: AdmissionLimits) { self.limits = limits }

    var demandsCookies: Bool { halfOpen >= limits.cookiesFrom }

    /// Whether a connection from `address` may begin a handshake at `now` milliseconds of a monotonic clock. If so, `release` must follow.
    mutating func admit(_ address: [UInt8], now: UInt64) -> Bool {
        guard halfOpen < limits.halfOpen else { return false }
        if accounts[address] == nil, accounts.count >= limits.addresses { forgetIdle(now: now) }
        guard accounts[address] != nil || accounts.count < limits.addresses else { return false }
        var account = accounts[address] ?? Account(credit: fullCredit, since: now)
        account.credit = credit(of: account, now: now)
        account.since = now
        let admitted = account.credit >= 1000 && account.halfOpen < limits.halfOpenPerAddress
        if admitted {
            account.credit -= 1000
            account.halfOpen += 1
            halfOpen += 1
        }
        accounts[address] = account
        return admitted
    }

    /// The handshake is over, one way or the other.
    mutating func release(_ address: [UInt8]) {
        guard var account = accounts[address], account.halfOpen > 0 else { return }
        account.halfOpen -= 1
        halfOpen -= 1
        accounts[address] = account
    }

    private var fullCredit: Int { limits.burstPerAddress * 1000 }

    private func credit(of account: Account, now: UInt64) -> Int {
        let elapsed = Int(clamping: min(now > account.since ? now - account.since : 0, 86_400_000))
        return min(fullCredit, account.credit + elapsed * limits.ratePerAddress)
    }

    private mutating func forgetIdle(now: UInt64) {
        accounts = accounts.filter { $0.value.halfOpen > 0 || credit(of: $0.value, now: now) < fullCredit }
    }
}

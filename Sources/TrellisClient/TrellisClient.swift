// The client to use: it asks one validator or several, hands on what receipts prove, and nothing else. What a validator merely says has other
// types, and comes from an `UnverifiedClient`.
//
// Every question can be asked again: a proposal's identifier follows from its idempotency key, so that the same draft with the same key stays
// one proposal at whatever validator. Broken connections, silence and busy validators are tried again, in turn, with growing pauses; a
// validator that answers with something false is not asked again in this call.

import FoundationEssentials
public import TrellisCrypto
public import TrellisModel
public import TrellisVerify

/// A client of the committee of one genesis. Call `shutdown()` when done with it.
public struct TrellisClient: Sendable {
    /// One for each endpoint, in the order in which they are tried.
    public let validators: [UnverifiedClient]
    public let committee: Committee
    public let network: String

    /// - Parameter endpoints: HTTP APIs of validators, such as `http://127.0.0.1:8080`; at least one.
    /// - Throws: `ClientError.invalidEndpoint`, `invalidCredentials`, `GenesisError`.
    public init(
        endpoints: [String] = [UnverifiedClient.defaultEndpoint], genesis: Genesis, credentials: Credentials? = nil
    ) throws {
        guard !endpoints.isEmpty else { throw ClientError.invalidEndpoint("") }
        committee = try Committee(genesis: genesis)
        network = genesis.name
        if case .key(_, let chain) = credentials, chain != genesis.chain {
            throw ClientError.invalidCredentials("the key is for chain \(chain), and the genesis of another")
        }
        validators = try endpoints.map { try UnverifiedClient(endpoint: $0, credentials: credentials) }
    }

    public func shutdown() async throws {
        for validator in validators { try await validator.shutdown() }
    }

    /// A random idempotency key.
    public static func newKey() -> String { UUID().uuidString }

    /// Puts a proposal to a council and waits for the decision, `timeout` seconds at most.
    ///
    /// - Parameter idempotencyKey: 1 to 255 visible ASCII characters. Keep it to ask again after an error.
    /// - Throws: `ClientError.undecided` when no validator gave a proven decision in time; `.problem` when the proposal is refused; `.badReceipt`
    ///   and the like when every validator answered something false; `.cancelled`.
    public func propose(
        _ draft: ProposalDraft, idempotencyKey: String = newKey(), timeout: Int = 60
    ) async throws(ClientError) -> VerifiedDecision {
        // Whoever asks is part of what is asked, and the same for all validators: signed once.
        let proposal = try validators[0].authorization.proposing(draft.proposal(idempotencyKey: idempotencyKey))
        let identifier = proposal.identifier
        do throws(ClientError) {
            return try await attempt(seconds: timeout) { validator, seconds throws(ClientError) in
                let reply = try await validator.submit(
                    draft, as: proposal, idempotencyKey: idempotencyKey, wait: .certified, timeout: seconds)
                return reply.value.certified == true ? try await decision(identifier, at: validator) : nil
            }
        } catch {
            guard error.remedy == .again else { throw error }
            throw .undecided(proposal: identifier, idempotencyKey: idempotencyKey, reason: error.description)
        }
    }

    /// The decision on a proposal; a problem with status 404 while no validator that was asked has a receipt.
    public func decision(_ identifier: Digest, timeout: Int = 30) async throws(ClientError) -> VerifiedDecision {
        try await attempt(seconds: timeout) { validator, _ throws(ClientError) in try await decision(identifier, at: validator) }
    }

    /// Writes a record and waits until it is certified, `timeout` seconds at most.
    public func record(
        _ data: [UInt8], idempotencyKey: String = newKey(), timeout: Int = 60
    ) async throws(ClientError) -> VerifiedRecord {
        try await attempt(seconds: timeout) { validator, seconds throws(ClientError) in
            let submitted = try await validator.submitRecords([data], idempotencyKey: idempotencyKey, wait: .certified, timeout: seconds)
            guard submitted.isReached, let identifier = submitted.identifiers.first else { return nil }
            let (receipt, json) = try await receipt(of: identifier, isRecord: true, at: validator)
            return VerifiedRecord(receipt: receipt, json: json)
        }
    }

    /// Verifies a receipt that came from wherever, with nothing but the genesis.
    public func verify(_ receipt: Receipt) throws(ReceiptError) -> VerifiedReceipt {
        try receipt.verify(committee: committee, network: network)
    }
}

extension TrellisClient {
    private func decision(_ identifier: Digest, at validator: UnverifiedClient) async throws(ClientError) -> VerifiedDecision {
        let (receipt, json) = try await receipt(of: identifier, isRecord: false, at: validator)
        guard case .decision(let decision) = receipt.entry else { throw .otherReceipt }
        return VerifiedDecision(decision: decision, receipt: receipt, json: json)
    }

    private func receipt(
        of identifier: Digest, isRecord: Bool, at validator: UnverifiedClient
    ) async throws(ClientError) -> (VerifiedReceipt, [UInt8]) {
        let fetched = try await validator.receipt(of: identifier, isRecord: isRecord)
        do {
            return (try verify(fetched.receipt), fetched.json)
        } catch {
            throw .badReceipt(error)
        }
    }

    /// Failures of each validator, one after another, after which it is given up.
    private static let failuresMaximum = 5

    /// The seconds that a validator lets a request wait.
    private static let waits = 1...300

    /// Asks one validator after another until one has a value, all are given up, or the time is over. `body` gets the seconds that it may
    /// wait and gives nil for "not yet".
    func attempt<Value>(
        seconds: Int, _ body: (UnverifiedClient, Int) async throws(ClientError) -> Value?
    ) async throws(ClientError) -> Value {
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(seconds)
        var failures = [Int](repeating: 0, count: validators.count)
        var last = ClientError.timedOut(endpoint: validators[0].endpoint)
        var place = 0
        var pause = Duration.milliseconds(100)
        while clock.now < deadline, let lastLeft = failures.lastIndex(where: { $0 < Self.failuresMaximum }) {
            defer { place = (place + 1) % validators.count }
            guard failures[place] < Self.failuresMaximum else { continue }
            var wished: Duration?
            do throws(ClientError) {
                let left = Int((deadline - clock.now).components.seconds)
                let wait = min(max(left, Self.waits.lowerBound), Self.waits.upperBound)
                if let value = try await body(validators[place], wait) { return value }
                failures[place] = 0
                last = .timedOut(endpoint: validators[place].endpoint)
            } catch {
                switch error.remedy {
                case .none: throw error
                case .elsewhere: failures[place] = Self.failuresMaximum
                case .again: failures[place] += 1
                }
                last = error
                if case .problem(let problem) = error { wished = problem.retryAfter.map { .seconds($0) } }
            }
            // A pause after each turn through those that are left.
            guard place >= lastLeft else { continue }
            do {
                try await clock.sleep(until: min(deadline, clock.now + max(pause, wished ?? .zero)))
            } catch {
                throw .cancelled
            }
            pause = min(pause * 2, .seconds(2))
        }
        throw last
    }
}

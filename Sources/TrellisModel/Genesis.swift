// The genesis: what everybody agrees on before the first block. Its canonical bytes, hashed, are the chain identifier, which every
// signature binds. Text form and checks stand in Genesis+JSON.swift.

public import TrellisCrypto

public enum GenesisError: Error, Sendable, CustomStringConvertible {
    case invalid(String)
    case unreadable(String)

    public var description: String {
        switch self {
        case .invalid(let reason): "invalid genesis: \(reason)"
        case .unreadable(let reason): "not a genesis file: \(reason)"
        }
    }
}

public struct Genesis: Sendable, Equatable, WireEncodable {
    public struct ValidatorEntry: Sendable, Equatable, WireEncodable {
        public var name: String
        public var stake: Stake
        public var scheme: String
        public var consensusKey: [UInt8]
        public var identityScheme: String
        public var identityKey: [UInt8]

        public init(name: String, stake: Stake, scheme: String, consensusKey: [UInt8], identityScheme: String, identityKey: [UInt8]) {
            self.name = name
            self.stake = stake
            self.scheme = scheme
            self.consensusKey = consensusKey
            self.identityScheme = identityScheme
            self.identityKey = identityKey
        }

        public func encode(to encoder: inout WireEncoder) {
            encoder.string(name)
            encoder.u64(stake)
            encoder.string(scheme)
            encoder.byteString(consensusKey)
            encoder.string(identityScheme)
            encoder.byteString(identityKey)
        }
    }

    public struct SeatEntry: Sendable, Equatable, WireEncodable {
        public var name: String
        public var validator: ValidatorIndex
        public var weight: UInt64
        public var scheme: String
        public var key: [UInt8]
        /// What the seat is to look at, in words that everybody agreed on.
        public var mandate: String

        public init(name: String, validator: ValidatorIndex, weight: UInt64, scheme: String, key: [UInt8], mandate: String = "") {
            self.name = name
            self.validator = validator
            self.weight = weight
            self.scheme = scheme
            self.key = key
            self.mandate = mandate
        }

        /// All but the mandate, which was not always there: see `Genesis.encode`.
        public func encode(to encoder: inout WireEncoder) {
            encoder.string(name)
            encoder.u32(validator)
            encoder.u64(weight)
            encoder.string(scheme)
            encoder.byteString(key)
        }
    }

    public struct CouncilEntry: Sendable, Equatable, WireEncodable {
        public var name: String
        /// The floor of the threshold, where it adapts.
        public var thresholdPermille: UInt64
        /// Whether the threshold follows the level of the network.
        public var isAdaptive: Bool
        public var deadline: Milliseconds
        public var seats: [SeatEntry]

        public init(
            name: String, thresholdPermille: UInt64 = 670, isAdaptive: Bool = false, deadline: Milliseconds = 30_000, seats: [SeatEntry]
        ) {
            self.name = name
            self.thresholdPermille = thresholdPermille
            self.isAdaptive = isAdaptive
            self.deadline = deadline
            self.seats = seats
        }

        /// All but whether the threshold adapts, which was not always there: see `Genesis.encode`.
        public func encode(to encoder: inout WireEncoder) {
            encoder.string(name)
            encoder.u64(thresholdPermille)
            encoder.u64(deadline)
            encoder.list(seats)
        }
    }

    public var name: String
    /// Sixteen random bytes, so that two networks with equal keys are still two chains.
    public var nonce: [UInt8]
    public var created: Milliseconds
    public var epoch: Epoch
    public var hash: String
    public var validators: [ValidatorEntry]
    public var councils: [CouncilEntry]
    public var parameters: Parameters

    public init(
        name: String, nonce: [UInt8], created: Milliseconds, epoch: Epoch = 0, hash: String = "sha256", validators: [ValidatorEntry],
        councils: [CouncilEntry], parameters: Parameters = Parameters()
    ) {
        self.name = name
        self.nonce = nonce
        self.created = created
        self.epoch = epoch
        self.hash = hash
        self.validators = validators
        self.councils = councils
        self.parameters = parameters
    }

    public func encode(to encoder: inout WireEncoder) {
        encoder.string(name)
        encoder.byteString(nonce)
        encoder.u64(created)
        encoder.u64(epoch)
        encoder.string(hash)
        encoder.list(validators)
        encoder.list(councils)
        encoder.u64(parameters.gcDepth)
        encoder.u64(parameters.payloadBytes)
        encoder.u64(parameters.transactionBytes)
        encoder.u64(parameters.roundsAhead)
        // What was not always there is written only where it is set, with its number: older files keep their chain.
        for (kind, value) in [(UInt8(1), parameters.fastPathFaults), (2, parameters.scheduleInterval)] where value > 0 {
            encoder.u8(kind)
            encoder.u64(value)
        }
        let mandates = mandates
        if !mandates.isEmpty {
            encoder.u8(3)
            encoder.list(mandates)
        }
        if parameters.thresholdWindow > 0 {
            let adaptive = councils.indices.filter { councils[$0].isAdaptive }
            encoder.u8(4)
            encoder.u64(parameters.thresholdWindow)
            encoder.count(adaptive.count)
            for council in adaptive { encoder.u32(UInt32(council)) }
        }
    }

    private struct Mandate: WireEncodable {
        let council: UInt32
        let seat: UInt32
        let text: String

        func encode(to encoder: inout WireEncoder) {
            encoder.u32(council)
            encoder.u32(seat)
            encoder.string(text)
        }
    }

    /// Of the seats that have one.
    private var mandates: [Mandate] {
        councils.enumerated().flatMap { council, entry in
            entry.seats.enumerated().filter { !$0.element.mandate.isEmpty }.map { seat, entry in
                Mandate(council: UInt32(council), seat: UInt32(seat), text: entry.mandate)
            }
        }
    }

    /// SHA-256 of the tagged canonical bytes: 32 bytes under every hash suite.
    public var chain: Digest { HashSuite.sha256.tagged(.genesis, [wireBytes]) }

    /// Everything that can be wrong with a genesis short of its keys.
    public func validate() throws(GenesisError) {
        try require(nonce.count == 16, "the nonce must have 16 bytes")
        try require(epoch == 0, "the first epoch is 0")
        try require(HashSuite(name: hash) != nil, "unknown hash suite '\(hash)'")
        try require(!validators.isEmpty && validators.count <= Stakes.validatorsMaximum, "1 to \(Stakes.validatorsMaximum) validators")
        try require(Set(validators.map(\.name)).count == validators.count, "two validators have one name")
        try require(Set(validators.map(\.consensusKey)).count == validators.count, "two validators have one consensus key")
        try require(Set(validators.map(\.identityKey)).count == validators.count, "two validators have one identity key")
        try checkCouncils()
        try require((8...100_000).contains(parameters.gcDepth), "gc_depth must be 8 to 100000")
        try require((4096...(32 << 20)).contains(parameters.payloadBytes), "payload_bytes must be 4 KiB to 32 MiB")
        try require(
            (1024...Limits.transactionBytesMaximum).contains(parameters.transactionBytes), "transaction_bytes must be 1 KiB to 16 MiB")
        try require((16...10_000).contains(parameters.roundsAhead), "rounds_ahead must be 16 to 10000")
        try require(parameters.scheduleInterval <= 1_000_000, "schedule_interval must be at most 1000000")
        try require(parameters.thresholdWindow <= 1_000_000, "threshold_window must be at most 1000000")
        try require(
            (parameters.thresholdWindow > 0) == councils.contains(where: \.isAdaptive),
            "threshold_window must be there if a council's threshold is adaptive, and only then")
        if parameters.fastPathFaults > 0 { try checkFastPath() }
    }

    private func require(_ condition: Bool, _ reason: @autoclosure () -> String) throws(GenesisError) {
        if !condition { throw .invalid(reason()) }
    }

    private func checkCouncils() throws(GenesisError) {
        try require(!councils.isEmpty && councils.count <= 256, "1 to 256 councils")
        try require(Set(councils.map(\.name)).count == councils.count, "two councils have one name")
        for council in councils {
            try require(!council.name.isEmpty && council.name.utf8.count <= Council.nameMaximum, "a council's name has 1 to 64 bytes")
            // A proposal to several councils names them with words between them.
            try require(council.name.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F }, "'\(council.name)': a council's name has no spaces")
            try require((500...1000).contains(council.thresholdPermille), "\(council.name): threshold must be 500 to 1000 per mille")
            try require(
                !council.isAdaptive || ThresholdLevel.floors.contains(council.thresholdPermille),
                "\(council.name): the floor of an adaptive threshold must be 600 to 800 per mille")
            try require((1...604_800_000).contains(council.deadline), "\(council.name): deadline must be 1 ms to 7 days")
            try require(!council.seats.isEmpty && council.seats.count <= Council.seatsMaximum, "\(council.name): 1 to 4096 seats")
            try require(Set(council.seats.map(\.key)).count == council.seats.count, "\(council.name): two seats have one key")
            for seat in council.seats {
                try require(Int(seat.validator) < validators.count, "\(council.name): seat \(seat.name) names no validator")
                try require((1...Council.seatWeightMaximum).contains(seat.weight), "\(council.name): a seat's weight must be 1 to 2^32")
                try require(
                    seat.mandate.utf8.count <= Council.mandateMaximum,
                    "\(council.name): a mandate has at most \(Council.mandateMaximum) bytes")
            }
        }
    }

    private func checkFastPath() throws(GenesisError) {
        let name = "fast_path_faults \(parameters.fastPathFaults)"
        guard let stakes = Stakes(validators.map(\.stake)) else { throw .invalid("stakes must be 1 to \(Stakes.stakeMaximum)") }
        guard stakes.each.allSatisfy({ $0 == 1 }) else { throw .invalid("\(name): the fast path is only there where every stake is 1") }
        guard FastPath(stakes, faults: parameters.fastPathFaults) != nil else {
            throw .invalid(
                "\(name): p must be 1 to f with N >= 3f + 2p - 1, and here N is \(stakes.total), f \(stakes.faulty)")
        }
    }
}

// The committee of an epoch: who may sign what, with which scheme, for how much stake; councils and their seats; and the limits that
// follow from the schemes. Built from a genesis, immutable for the epoch.

public import TrellisCrypto

/// A validator as the committee knows it.
public struct Validator: Sendable {
    public let name: String
    public let stake: Stake
    public let scheme: SignatureScheme
    /// Verifies blocks.
    public let key: any VerifyingKey
    /// Verifies the peer channel.
    public let identityKey: any VerifyingKey

    public init(name: String, stake: Stake, scheme: SignatureScheme, key: any VerifyingKey, identityKey: any VerifyingKey) {
        self.name = name
        self.stake = stake
        self.scheme = scheme
        self.key = key
        self.identityKey = identityKey
    }
}

/// A council: weighted seats that vote on proposals.
public struct Council: Sendable {
    public static let defaultName = "default"
    public static let nameMaximum = 64
    public static let seatsMaximum = 4096
    /// The most bytes of a seat's mandate.
    public static let mandateMaximum = 2048
    /// Bounded so that no sum over a council, times 1000, can overflow.
    public static let seatWeightMaximum: UInt64 = 1 << 32

    public struct Seat: Sendable {
        public let name: String
        public let weight: UInt64
        public let validator: ValidatorIndex
        public let scheme: SignatureScheme
        public let key: any VerifyingKey
        /// What the seat is to look at; may be empty.
        public let mandate: String

        public init(
            name: String, weight: UInt64, validator: ValidatorIndex, scheme: SignatureScheme, key: any VerifyingKey, mandate: String = ""
        ) {
            self.name = name
            self.weight = weight
            self.validator = validator
            self.scheme = scheme
            self.key = key
            self.mandate = mandate
        }
    }

    public let name: String
    /// Approval needs ceil(threshold * weight / 1000) of all the council's weight. The least that it can be, where it adapts.
    public let thresholdPermille: UInt64
    /// Whether the threshold is at least that of the level that the network is at when a proposal is opened.
    public let isAdaptive: Bool
    public let deadline: Milliseconds
    public let seats: [Seat]

    public init(name: String, thresholdPermille: UInt64, isAdaptive: Bool = false, deadline: Milliseconds, seats: [Seat]) {
        self.name = name
        self.thresholdPermille = thresholdPermille
        self.isAdaptive = isAdaptive
        self.deadline = deadline
        self.seats = seats
    }

    public var weight: UInt64 { seats.reduce(0) { $0 + $1.weight } }
    /// The least that it can be, where the threshold adapts.
    public var approvalWeight: UInt64 { Council.approvalWeight(of: weight, thresholdPermille: thresholdPermille) }

    public static func approvalWeight(of weight: UInt64, thresholdPermille: UInt64) -> UInt64 {
        (weight * thresholdPermille + 999) / 1000
    }
}

public struct Committee: Sendable {
    /// Binds everything signed to one genesis.
    public let chain: Digest
    public let epoch: Epoch
    public let suite: HashSuite
    public let validators: [Validator]
    public let stakes: Stakes
    public let councils: [Council]
    public let parameters: Parameters
    public let limits: Limits

    public func validator(_ index: ValidatorIndex) -> Validator? {
        Int(index) < validators.count ? validators[Int(index)] : nil
    }

    /// Compares bytes: Unicode equivalence may differ between versions of a library, and all validators must agree.
    public func council(named name: String) -> (index: Int, council: Council)? {
        councils.firstIndex { $0.name.utf8.elementsEqual(name.utf8) }.map { ($0, councils[$0]) }
    }

    public func seatKey(council: UInt32, seat: UInt32) -> (any VerifyingKey)? {
        guard Int(council) < councils.count, Int(seat) < councils[Int(council)].seats.count else { return nil }
        return councils[Int(council)].seats[Int(seat)].key
    }

    /// The seats that `validator` casts votes for, as (council, seat).
    public func seats(of validator: ValidatorIndex) -> [(council: UInt32, seat: UInt32)] {
        councils.enumerated().flatMap { index, council in
            council.seats.indices.filter { council.seats[$0].validator == validator }.map { (UInt32(index), UInt32($0)) }
        }
    }

    /// Reads the keys of a genesis. Throws when any of them, or any bound, is not met.
    public init(genesis: Genesis) throws(GenesisError) {
        try genesis.validate()
        var validators: [Validator] = []
        for entry in genesis.validators {
            let scheme = try Self.scheme(entry.scheme, of: entry.name)
            let identityScheme = try Self.scheme(entry.identityScheme, of: entry.name)
            validators.append(
                Validator(
                    name: entry.name, stake: entry.stake, scheme: scheme,
                    key: try Self.key(entry.consensusKey, scheme, of: entry.name),
                    identityKey: try Self.key(entry.identityKey, identityScheme, of: entry.name)))
        }
        guard let stakes = Stakes(validators.map(\.stake)) else { throw .invalid("stakes must be 1 to \(Stakes.stakeMaximum)") }
        var councils: [Council] = []
        for entry in genesis.councils {
            var seats: [Council.Seat] = []
            for seat in entry.seats {
                let scheme = try Self.scheme(seat.scheme, of: seat.name)
                let key = try Self.key(seat.key, scheme, of: seat.name)
                seats.append(
                    .init(
                        name: seat.name, weight: seat.weight, validator: seat.validator, scheme: scheme, key: key, mandate: seat.mandate))
            }
            councils.append(
                Council(
                    name: entry.name, thresholdPermille: entry.thresholdPermille, isAdaptive: entry.isAdaptive, deadline: entry.deadline,
                    seats: seats))
        }
        guard let suite = HashSuite(name: genesis.hash) else { throw .invalid("unknown hash suite '\(genesis.hash)'") }
        self.init(
            chain: genesis.chain, epoch: genesis.epoch, suite: suite, validators: validators, stakes: stakes, councils: councils,
            parameters: genesis.parameters)
    }

    public init(
        chain: Digest, epoch: Epoch, suite: HashSuite, validators: [Validator], stakes: Stakes, councils: [Council], parameters: Parameters
    ) {
        self.chain = chain
        self.epoch = epoch
        self.suite = suite
        self.validators = validators
        self.stakes = stakes
        self.councils = councils
        self.parameters = parameters
        limits = Limits(validators: validators, councils: councils, suite: suite, parameters: parameters)
    }

    private static func scheme(_ name: String, of owner: String) throws(GenesisError) -> SignatureScheme {
        guard let scheme = SignatureScheme.named(name) else { throw .invalid("\(owner): unknown signature scheme '\(name)'") }
        return scheme
    }

    private static func key(_ bytes: [UInt8], _ scheme: SignatureScheme, of owner: String) throws(GenesisError) -> any VerifyingKey {
        do {
            return try scheme.verifyingKey(bytes)
        } catch {
            throw .invalid("\(owner): not a public key of \(scheme.name): \(error)")
        }
    }
}

// Which validator of a new network holds which seat, and the seats' keys.

import TrellisCrypto
import TrellisEvaluators
import TrellisModel

/// Councils with a validator and a key for every seat.
struct CouncilPlacement {
    private struct Placed {
        let validator: ValidatorIndex
        let key: ValidatorKeys.CouncilSeat
    }

    let entries: [Genesis.CouncilEntry]
    private let placed: [Placed]

    /// Gives every seat to the validator that its file names, the others in turn: seat i of a council to validator i modulo their number.
    init(_ councils: [CouncilFile], validators: [String]) throws {
        var entries: [Genesis.CouncilEntry] = []
        var placed: [Placed] = []
        for council in councils {
            var seats: [Genesis.SeatEntry] = []
            for (place, seat) in council.seats.enumerated() {
                let validator = try Self.validator(of: seat, place, council, validators)
                guard let scheme = SignatureScheme.named(seat.scheme) else {
                    throw NodeError.invalid("council '\(council.name)': unknown signature scheme '\(seat.scheme)'")
                }
                let key = ValidatorKeys.CouncilSeat(role: KeyFiles.seatRole(council.name, seat.name), key: try scheme.generate())
                placed.append(Placed(validator: validator, key: key))
                seats.append(
                    Genesis.SeatEntry(
                        name: seat.name, validator: validator, weight: seat.weight, scheme: seat.scheme, key: key.key.publicKey,
                        mandate: seat.mandate))
            }
            entries.append(
                Genesis.CouncilEntry(
                    name: council.name, thresholdPermille: council.thresholdPermille, isAdaptive: council.isAdaptive,
                    deadline: council.deadline, seats: seats))
        }
        self.entries = entries
        self.placed = placed
    }

    private static func validator(
        of seat: CouncilFile.Seat, _ place: Int, _ council: CouncilFile, _ validators: [String]
    ) throws -> ValidatorIndex {
        guard let name = seat.validator else { return ValidatorIndex(place % max(1, validators.count)) }
        guard let index = validators.firstIndex(of: name) else {
            throw NodeError.invalid(
                "council '\(council.name)': seat '\(seat.name)' is given to '\(name)'; there is \(validators.joined(separator: ", "))")
        }
        return ValidatorIndex(index)
    }

    /// The keys of a validator's seats.
    func keys(of validator: ValidatorIndex) -> [ValidatorKeys.CouncilSeat] {
        placed.filter { $0.validator == validator }.map(\.key)
    }
}

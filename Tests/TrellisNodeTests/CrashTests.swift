// Networks of processes that are killed: one down and the others decide, two down and nothing is decided, and nothing acknowledged is
// ever lost or counted twice.

import Foundation
import Glibc
import Synchronization
import Testing
import TrellisClient
import TrellisCrypto

/// Writes batches of records to one validator until told to end; remembers those whose order was acknowledged.
private final class Load: Sendable {
    private struct State {
        var isOver = false
        var acknowledged: Set<Digest> = []
    }

    private let state = Mutex(State())

    var acknowledged: Set<Digest> { state.withLock { $0.acknowledged } }

    func end() { state.withLock { $0.isOver = true } }

    /// Batches that fail, since nobody answers or nobody knows yet, do not count.
    func run(_ client: UnverifiedClient, name: String) async {
        var batch = 0
        while !state.withLock({ $0.isOver }) {
            let records = (0..<50).map { Array("\(name) \(batch) \($0)".utf8) }
            batch += 1
            guard let reply = try? await client.submitRecords(records, idempotencyKey: "\(name)-\(batch)", wait: .decided, timeout: 10),
                reply.isReached
            else {
                try? await Task.sleep(for: .milliseconds(50))
                continue
            }
            state.withLock { $0.acknowledged.formUnion(reply.identifiers) }
        }
    }

    func waitForMore(_ count: Int) async throws {
        let target = acknowledged.count + count
        try await eventually("\(count) more records are acknowledged") { acknowledged.count >= target }
    }
}

extension SystemTests {
    @Suite struct CrashTests {
        @Test func oneOfFourIsKilledAndComesBack() async throws {
            try await ProcessNetwork.with { network in
                var known: Set<Digest> = []
                for index in 0..<4 { known.insert(try await network.decide("ls \(index)", at: index).digest) }

                try await network.murder(2)
                for index in [0, 1, 3] {
                    let state = try await network.decide("ls without 2, \(index)", at: index)
                    #expect(state.status == .approved)
                    #expect(!state.hasVote(of: 2))
                    known.insert(try state.digest)
                }

                try await network.start([2])
                #expect(try await network.settled([0, 1, 2, 3]) == 7)
                known.insert(try await network.decide("ls again", at: 2).digest)
                // With another one gone no decision can do without its vote.
                try await network.murder(1)
                let state = try await network.decide("ls, thanks to 2", at: 0)
                #expect(state.hasVote(of: 2))
                known.insert(try state.digest)

                try await network.start([1])
                try await network.settled([0, 1, 2, 3])
                for index in 0..<4 { #expect(try await network.status(index).equivocations == 0) }
                try await network.expectOneLedger(with: known)
            }
        }

        @Test func twoOfFourAreKilledAndNothingIsDecidedUntilOneReturns() async throws {
            try await ProcessNetwork.with { network in
                let first = try await network.decide("ls", at: 0)
                try await network.murder(1)
                try await network.murder(3)
                let size = try await network.settled([0, 2])
                var waiting: [Digest] = []
                for index in [0, 2] {
                    let draft = ProposalDraft(text: "ls, waiting at \(index)")
                    let reply = try await network.client(index).propose(draft, wait: .decided, timeout: 2)
                    #expect(!reply.isComplete)
                    #expect(!reply.value.isDecided)
                    waiting.append(try reply.value.digest)
                }
                for index in [0, 2] { #expect(try await network.status(index).logSize == size) }

                try await network.start([3])
                for (index, identifier) in zip([0, 2], waiting) {
                    try await eventually("what waited is decided") {
                        try await network.client(index).proposal(identifier).value.isDecided
                    }
                }
                let last = try await network.decide("ls, three again", at: 3)
                try await network.start([1])
                try await network.settled([0, 1, 2, 3])
                try await network.expectOneLedger(with: Set(waiting + [try first.digest, try last.digest]))
            }
        }

        @Test func killedUnderLoad() async throws {
            try await ProcessNetwork.with { network in
                let load = Load()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for index in 0..<4 {
                        let client = network.client(index)
                        group.addTask { await load.run(client, name: "writer-\(index)") }
                    }
                    defer { load.end() }
                    try await load.waitForMore(500)
                    for index in [3, 0] {
                        try await network.murder(index)
                        try await load.waitForMore(500)
                        try await network.start([index])
                        try await load.waitForMore(500)
                    }
                    // All at once, as when the building loses power.
                    for index in 0..<4 { try network.process(index).kill(SIGKILL) }
                    for index in 0..<4 { _ = try await network.process(index).end() }
                    try await network.start([0, 1, 2, 3])
                    try await load.waitForMore(200)
                }
                try await network.settled([0, 1, 2, 3])
                for index in 0..<4 { #expect(try await network.status(index).equivocations == 0) }
                try await network.expectOneLedger(with: load.acknowledged)
            }
        }
    }
}

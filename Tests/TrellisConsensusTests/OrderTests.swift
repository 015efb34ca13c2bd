// The order that comes out: the same for every order of delivery, and after every restart.

import Testing
import TrellisConsensus
import TrellisCrypto
import TrellisModel

/// SplitMix64.
private struct Random {
    var state: UInt64

    mutating func below(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((word ^ (word >> 31)) % UInt64(bound))
    }
}

@Suite struct OrderTests {
    /// Blocks with parents chosen at random, and an author that misses rounds and signs twins, of which others take one or the other.
    private func randomBlocks(_ test: TestCommittee, rounds: Round, _ random: inout Random) -> [Block] {
        var newest: [ValidatorIndex: [BlockReference]] = [:]
        var dag = DAG(stakes: test.committee.stakes)
        for reference in test.genesis {
            newest[reference.author] = [reference]
            dag.insert(Vertex(reference: reference, parents: [], timestamp: 0))
        }
        var blocks: [Block] = []
        for round in 1...rounds {
            var layer: [Block] = []
            let silent: ValidatorIndex? = random.below(5) == 0 ? 3 : nil
            for author in test.authors where author != silent {
                for twin in 0..<(author == 3 && random.below(4) == 0 ? 2 : 1) {
                    var parents = test.authors.compactMap { newest[$0].map { $0[random.below($0.count)] } }
                    if test.committee.fastPath != nil {
                        let exposed = dag.exposed(by: parents, below: round)
                        parents.removeAll { $0.round == round - 1 && exposed.contains($0.author) }
                    }
                    let votes = parents.filter { $0.round == round - 1 }
                    if votes.count > 3, random.below(4) == 0 {
                        let left = votes[random.below(votes.count)]
                        parents.removeAll { $0 == left && left.author != author }
                    }
                    let block = test.block(
                        author, round, parents, timestamp: 1000 + UInt64(random.below(50)) + UInt64(twin) * 100)
                    if (try? BlockRules.check(block, test.committee)) != nil { layer.append(block) }
                }
            }
            blocks += layer
            for block in layer { dag.insert(Vertex(block)) }
            for (author, built) in Dictionary(grouping: layer, by: \.author) { newest[author] = built.map(\.reference) }
        }
        return blocks
    }

    private func linearizer(_ test: TestCommittee) -> Linearizer {
        var dag = DAG(stakes: test.committee.stakes)
        for genesis in test.genesis { dag.insert(Vertex(reference: genesis, parents: [], timestamp: 0)) }
        return Linearizer(
            dag: dag, rule: CommitRule(schedule: LeaderSchedule(validators: test.authors.count), fastPath: test.committee.fastPath),
            suite: .sha256, gcDepth: 8, scheduleInterval: test.committee.parameters.scheduleInterval,
            last: .none(chain: test.committee.chain, suite: .sha256))
    }

    @Test(arguments: [UInt64(1), 2, 3, 4], [0, 1] as [Stake])
    func everyOrderOfDeliveryGivesOneOrder(seed: UInt64, fastPathFaults: Stake) throws {
        let test = try TestCommittee(parameters: Parameters(fastPathFaults: fastPathFaults, scheduleInterval: seed))
        var random = Random(state: seed)
        // Enough of them for garbage collection to follow the order.
        let blocks = randomBlocks(test, rounds: 44, &random)
        for block in blocks { #expect(throws: Never.self) { try BlockRules.check(block, test.committee) } }
        var expected: [Commit]?
        for _ in 0..<30 {
            var linearizer = linearizer(test)
            var commits: [Commit] = []
            var waiting = blocks
            while !waiting.isEmpty {
                let ready = waiting.indices.filter { place in
                    waiting[place].header.parents.allSatisfy { $0.round <= linearizer.gcRound || linearizer.dag.contains($0) }
                }
                let place = ready[random.below(ready.count)]
                linearizer.insert(Vertex(waiting.remove(at: place)))
                if random.below(3) == 0 { commits += linearizer.advance() }
            }
            commits += linearizer.advance()
            if let expected { #expect(commits == expected) } else { expected = commits }
        }
        let commits = try #require(expected)
        #expect(commits.count >= 4)
        let output = commits.flatMap(\.blocks)
        #expect(Set(output).count == output.count)
        #expect(commits.map(\.index) == commits.indices.map { UInt64($0) + 1 })
        #expect(zip(commits, commits.dropFirst()).allSatisfy { $0.digest == $1.previous && $0.timestamp <= $1.timestamp })
    }

    /// A thousand orders of the same blocks for each rule.
    @Test(arguments: [0, 1] as [Stake])
    func whateverComesFirstTheOutputIsTheSameToTheByte(fastPathFaults: Stake) throws {
        let test = try TestCommittee(parameters: Parameters(gcDepth: 64, fastPathFaults: fastPathFaults, scheduleInterval: 3))
        var random = Random(state: 11)
        var blocks = randomBlocks(test, rounds: 10, &random)
        #expect(Set(blocks.map { [UInt64($0.author), $0.round] }).count < blocks.count, "no twins")
        var expected: [UInt8]?
        for _ in 0..<1000 {
            for place in blocks.indices.dropFirst() { blocks.swapAt(place, random.below(place + 1)) }
            var driver = Driver(test)
            driver.answersSeals = false
            for block in blocks { driver.deliver([block]) }
            #expect(driver.core.suspendedCount == 0)
            let output = driver.commits.flatMap(\.wireBytes)
            if let expected { #expect(output == expected) } else { expected = output }
        }
        #expect(expected?.isEmpty == false)
    }

    @Test(arguments: [0, 5] as [UInt64])
    func aRestartAtAnyPointGoesOnAsIfNothingHadHappened(scheduleInterval: UInt64) throws {
        let test = try TestCommittee(parameters: Parameters(gcDepth: 8, scheduleInterval: scheduleInterval))
        let grid = test.grid([1, 2, 3], to: 40)
        var journal: [(block: Block?, commit: Commit?)] = []
        var driver = Driver(test)
        driver.answersSeals = false
        for block in grid {
            driver.deliver([block])
            journal += driver.stored.map { ($0, nil) } + driver.commits.map { (nil, $0) }
            driver.stored = []
            driver.commits = []
        }
        let expected = journal.compactMap(\.commit)
        #expect(expected.count > 20)
        for cut in stride(from: 0, through: journal.count, by: 7) {
            let kept = journal.prefix(cut)
            let floor = kept.compactMap(\.commit).last.map { $0.leader.round > 8 ? $0.leader.round - 8 : 0 } ?? 0
            for isWhole in [true, false] {
                // Either all of the journal, or only what lies above the gc round.
                let recovered = Recovered(
                    commits: kept.compactMap(\.commit).filter { isWhole || $0.leader.round > floor },
                    blocks: kept.compactMap(\.block).filter { isWhole || $0.round > floor })
                var restarted = Driver(test, recovered: recovered)
                restarted.answersSeals = false
                #expect(restarted.core.gcRound == floor)
                for block in grid { restarted.deliver([block]) }
                let before = kept.compactMap(\.commit)
                #expect(before + restarted.commits == expected, "cut at \(cut)")
            }
        }
    }

    @Test func noRoundIsSignedTwiceAcrossRestarts() throws {
        let test = try TestCommittee()
        // Only the mark survived.
        var driver = Driver(test, recovered: Recovered(highWater: 5))
        driver.step(.submit([test.record(1)]))
        driver.deliver(test.grid([1, 2, 3], to: 10))
        for _ in 0..<20 { driver.pass(300) }
        #expect(!driver.published.isEmpty)
        #expect(driver.published.allSatisfy { $0.round > 5 })
        // The own last block survived, and the mark did not: it was stored, but not yet published.
        let own = test.block(0, 1, test.genesis, [test.record(2)])
        var restarted = Driver(test, recovered: Recovered(blocks: [own]))
        restarted.step(.submit([test.record(3)]))
        // It is marked before anything else, and not built anew.
        #expect(restarted.published.map(\.reference) == [own.reference])
        restarted.step(.connected(1))
        #expect(restarted.sent.contains { $0.message == .blocks([own.encoded]) && $0.to == 1 })
        #expect(restarted.core.knows(test.record(2).identifier))
        restarted.deliver([ValidatorIndex(1), 2, 3].map { test.block($0, 1, test.genesis) })
        #expect(restarted.published.map(\.round) == [1, 2])
        #expect(restarted.published.last?.header.parents.first == own.reference)
    }
}

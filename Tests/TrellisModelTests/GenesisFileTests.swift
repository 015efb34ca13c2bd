// The genesis file: it reads back as written, a changed value is another chain, and nothing out of bounds is taken.

import Foundation
import Testing
import TrellisCrypto
import TrellisModel

@Suite struct GenesisFileTests {
    let good = Samples.genesis()

    private func text(_ genesis: Genesis) -> String { String(decoding: genesis.json, as: UTF8.self) }

    @Test func roundTrip() throws {
        let read = try Genesis(json: good.json)
        #expect(read == good && read.chain == good.chain && read.json == good.json)
        #expect(text(good).contains("\"chain_id\" : \"\(good.chain)\""))
    }

    /// Every value of the file but its format enters the chain identifier.
    @Test(arguments: [
        ("\"vectors\"", "\"vector\""), ("1795000000000", "1795000000001"), ("\"stake\" : 11", "\"stake\" : 12"),
        ("\"beta\"", "\"bèta\""), ("\"ML-DSA-65\"", "\"ML-DSA-87\""), ("\"gc_depth\" : 64", "\"gc_depth\" : 65"),
        ("\"weight\" : 4", "\"weight\" : 5"), ("\"deadline_ms\" : 1,", "\"deadline_ms\" : 2,"), ("größe", "grösse"),
        ("\"threshold_permille\" : 750", "\"threshold_permille\" : 749"), ("\"validator\" : 2", "\"validator\" : 1"),
        ("\"rounds_ahead\" : 128", "\"rounds_ahead\" : 129"), ("\"sha256\"", "\"sha384\""),
        ("AQIDBAUGBwgJCgsMDQ4PEA==", "AAIDBAUGBwgJCgsMDQ4PEA=="),
    ])
    func changedValueIsAnotherChain(from: String, to: String) throws {
        let original = text(good)
        let range = try #require(original.firstRange(of: from))
        let changed = original.replacingCharacters(in: range, with: to)
        let error = #expect(throws: GenesisError.self) { try Genesis(json: Array(changed.utf8)) }
        #expect(error?.description.contains("its contents give") == true, "\(error?.description ?? "")")
    }

    @Test(arguments: [
        "", "null", "[]", "{}", "{\"format\":\"trellis/genesis/1\"}", "{\"format\":1}", "\u{FEFF}{}",
        String(repeating: "[", count: 100_000), String(repeating: "{\"a\":", count: 100_000),
    ])
    func notAGenesis(_ text: String) {
        #expect(throws: GenesisError.self) { try Genesis(json: Array(text.utf8)) }
    }

    @Test func malformedFields() throws {
        let original = text(good)
        let changes = [
            ("trellis/genesis/1", "trellis/genesis/2"), ("\"nonce\" : \"", "\"nonce\" : \"!"), ("\"stake\" : 11", "\"stake\" : -1"),
            ("\"stake\" : 11", "\"stake\" : 1e30"), ("\"stake\" : 11", "\"stake\" : 1.5"), ("\"stake\" : 11", "\"stake\" : \"11\""),
            ("\"validator\" : 2", "\"validator\" : 4294967296"), ("\"epoch\" : 0,", ""),
        ]
        for (from, to) in changes {
            let range = try #require(original.firstRange(of: from))
            #expect(throws: GenesisError.self, "\(to)") { try Genesis(json: Array(original.replacingCharacters(in: range, with: to).utf8)) }
        }
        #expect(throws: GenesisError.self) { try Genesis(json: good.json.map { $0 == UInt8(ascii: "v") ? 0xFF : $0 }) }
        for length in stride(from: 0, to: good.json.count - 2, by: 7) {
            #expect(throws: GenesisError.self) { try Genesis(json: Array(good.json[..<length])) }
        }
        #expect(throws: GenesisError.self) { try Genesis(json: [UInt8](repeating: 0x20, count: Genesis.fileBytesMaximum + 1)) }
    }

    @Test func bounds() {
        func refused(_ change: (inout Genesis) -> Void) {
            var genesis = good
            change(&genesis)
            #expect(throws: GenesisError.self) { try genesis.validate() }
            #expect(throws: GenesisError.self) { try Genesis(json: genesis.json) }
        }
        #expect(throws: Never.self) { try good.validate() }
        refused { $0.nonce = [] }
        refused { $0.epoch = 1 }
        refused { $0.hash = "md5" }
        refused { $0.validators = [] }
        refused { $0.validators[1].name = $0.validators[0].name }
        refused { $0.validators[1].consensusKey = $0.validators[0].consensusKey }
        refused { $0.validators[1].identityKey = $0.validators[0].identityKey }
        refused { $0.councils = [] }
        refused { $0.councils[1].name = "default" }
        refused { $0.councils[1].name = "" }
        refused { $0.councils[1].name = String(repeating: "x", count: 65) }
        refused { $0.councils[0].thresholdPermille = 499 }
        refused { $0.councils[0].thresholdPermille = 1001 }
        refused { $0.councils[0].deadline = 0 }
        refused { $0.councils[0].deadline = 604_800_001 }
        refused { $0.councils[0].seats = [] }
        refused { $0.councils[0].seats[0].validator = 4 }
        refused { $0.councils[0].seats[0].weight = 0 }
        refused { $0.councils[0].seats[0].weight = Council.seatWeightMaximum + 1 }
        refused { $0.councils[0].seats[1].key = $0.councils[0].seats[0].key }
        refused { $0.councils[0].seats[0].mandate = String(repeating: "x", count: Council.mandateMaximum + 1) }
        refused { $0.councils[1].name = "a and b" }
        refused { $0.parameters.gcDepth = 7 }
        refused { $0.parameters.payloadBytes = 4095 }
        refused { $0.parameters.transactionBytes = Limits.transactionBytesMaximum + 1 }
        refused { $0.parameters.roundsAhead = .max }
    }

    @Test func keysAndStakesMustBeReal() throws {
        #expect(throws: GenesisError.self) { try Committee(genesis: good) }
        var genesis = good
        for index in genesis.validators.indices {
            let key = try SignatureScheme.ed25519.signingKey(seed: SecretBytes(countUp(index, 32))).publicKey
            let identity = try SignatureScheme.ed25519.signingKey(seed: SecretBytes(countUp(index + 90, 32))).publicKey
            genesis.validators[index].scheme = "Ed25519"
            genesis.validators[index].consensusKey = key
            genesis.validators[index].identityKey = identity
        }
        for council in genesis.councils.indices {
            for seat in genesis.councils[council].seats.indices {
                genesis.councils[council].seats[seat].scheme = "Ed25519"
                genesis.councils[council].seats[seat].key = genesis.validators[seat].consensusKey
            }
        }
        let committee = try Committee(genesis: genesis)
        #expect((committee.stakes.total, committee.stakes.faulty, committee.stakes.quorum) == (46, 15, 31))
        #expect(committee.councils[0].approvalWeight == 7)
        for stake: Stake in [0, Stakes.stakeMaximum + 1, .max] {
            genesis.validators[0].stake = stake
            #expect(throws: GenesisError.self) { try Committee(genesis: genesis) }
        }
        genesis.validators[0].stake = 1
        genesis.validators[0].scheme = "RSA"
        #expect(throws: GenesisError.self) { try Committee(genesis: genesis) }
    }

    @Test func adaptiveThresholdsAreBound() throws {
        #expect(!text(good).contains("adaptive") && !text(good).contains("threshold_window"))
        func refusal(_ change: (inout Genesis) -> Void) -> String? {
            var genesis = good
            change(&genesis)
            return #expect(throws: GenesisError.self) { try Genesis(json: genesis.json) }?.description
        }
        #expect(refusal { $0.councils[1].isAdaptive = true }?.contains("threshold_window must be there") == true)
        #expect(refusal { $0.parameters.thresholdWindow = 100 }?.contains("threshold_window must be there") == true)
        for floor: UInt64 in [599, 801] {
            let change = { (genesis: inout Genesis) in
                genesis.parameters.thresholdWindow = 100
                genesis.councils[1].isAdaptive = true
                genesis.councils[1].thresholdPermille = floor
            }
            #expect(refusal(change)?.contains("must be 600 to 800 per mille") == true)
        }
        var chains = [good.chain]
        for (council, window) in [(0, UInt64(100)), (1, 100), (1, 101)] {
            var genesis = good
            genesis.parameters.thresholdWindow = window
            genesis.councils[council].isAdaptive = true
            #expect(try Genesis(json: genesis.json) == genesis)
            #expect(!chains.contains(genesis.chain))
            chains.append(genesis.chain)
        }
    }

    @Test func mandatesAreBound() throws {
        var genesis = good
        let chain = genesis.chain
        #expect(!text(good).contains("mandate"))
        genesis.councils[1].seats[0].mandate = "Look closely."
        #expect(genesis.chain != chain)
        #expect(try Genesis(json: genesis.json) == genesis)
        var elsewhere = good
        elsewhere.councils[0].seats[0].mandate = "Look closely."
        #expect(elsewhere.chain != genesis.chain)
    }

    @Test func theFastPathIsAFlag() throws {
        var genesis = good
        #expect(!text(good).contains("fast_path_faults"))
        genesis.parameters.fastPathFaults = 1
        func refusal() -> String? {
            #expect(throws: GenesisError.self) { try Genesis(json: genesis.json) }?.description
        }
        #expect(refusal()?.contains("every stake is 1") == true)
        for index in genesis.validators.indices { genesis.validators[index].stake = 1 }
        genesis.parameters.fastPathFaults = 2
        #expect(refusal()?.contains("N >= 3f + 2p - 1") == true)
        genesis.parameters.fastPathFaults = 1
        let read = try Genesis(json: genesis.json)
        #expect(read == genesis && read.parameters.fastPathFaults == 1)
        #expect(text(genesis).contains("\"fast_path_faults\" : 1"))
        let chain = genesis.chain
        genesis.parameters.fastPathFaults = 2
        #expect(genesis.chain != chain)
        genesis.parameters.fastPathFaults = 0
        #expect(genesis.wireBytes.count == read.wireBytes.count - 9)
        genesis.parameters.scheduleInterval = 300
        #expect(try Genesis(json: genesis.json).parameters.scheduleInterval == 300)
        #expect(genesis.chain != chain && text(genesis).contains("\"schedule_interval\" : 300"))
        genesis.parameters.scheduleInterval = 1_000_001
        #expect(refusal()?.contains("schedule_interval") == true)
    }
}

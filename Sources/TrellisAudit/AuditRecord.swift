// The records of an audit log. A record is a line of JSON, in one form only; what the register is extended by is the SHA-256 of the line
// without its newline, so that a log can be followed with sha256sum.
//
//     {"record":0,"time_ms":…,"event":"begin","chain":"…","validator":"validator-0","head":"…","module":"tpm","pcr":11,
//      "register":"…","resets":5,"restarts":0}
//     {"record":1,"time_ms":…,"event":"attested","checkpoints":[[41,"…"],[43,"…"]]}
//     {"record":2,"time_ms":…,"event":"begin",…,"head":"…","module":"software","reason":"…"}
//
// *begin* opens a stretch: this process, or this validator with another register, goes on from here. `head` is the chain over all lines
// before, so that a quote of this stretch speaks for them as well; `register` is where the TPM's register stood; a software register begins
// with zeros. *attested* names checkpoints in the order in which own blocks attested them: one extension for all that came together.
// How a log is followed, and what is refused, stands in AuditReplay.swift.

public import TrellisCrypto
import TrellisJSON
public import TrellisModel

/// A record of an audit log.
public struct AuditRecord: Sendable, Equatable {
    /// The most checkpoints in one record.
    public static let checkpointsMaximum = 256
    /// The longest line, in bytes.
    public static let lineBytesMaximum = 1 << 16
    /// The longest reason, in bytes.
    static let reasonBytesMaximum = 512

    /// What holds the register.
    public enum Module: Sendable, Equatable {
        /// Nothing but this process, for this reason.
        case software(reason: String)
        /// A TPM: its register's number and value at this moment, and how often it was reset and restarted.
        case tpm(pcr: Int, register: Digest, resets: UInt32, restarts: UInt32)

        public var isHardware: Bool {
            if case .tpm = self { true } else { false }
        }
    }

    /// The opening of a stretch.
    public struct Begin: Sendable, Equatable {
        public let chain: Digest
        /// The validator's name.
        public let validator: String
        /// The chain over all lines before this one.
        public let head: Digest
        public let module: Module

        public init(chain: Digest, validator: String, head: Digest, module: Module) {
            self.chain = chain
            self.validator = validator
            self.head = head
            self.module = module
        }
    }

    public enum Event: Sendable, Equatable {
        case begin(Begin)
        case attested([Attestation])
    }

    /// From 0, without gaps.
    public let number: UInt64
    public let time: Milliseconds
    public let event: Event

    public init(number: UInt64, time: Milliseconds, event: Event) {
        self.number = number
        self.time = time
        self.event = event
    }

    /// The line, without a newline.
    public var line: [UInt8] {
        var members: [JSON.Member] = [.init("record", .integer(number)), .init("time_ms", .integer(time))]
        switch event {
        case .begin(let begin): members += Self.members(begin)
        case .attested(let checkpoints):
            members.append(.init("event", "attested"))
            let list = checkpoints.map { JSON.array([.integer($0.index), .string($0.checkpoint.description)]) }
            members.append(.init("checkpoints", .array(list)))
        }
        return JSON.object(members).bytes
    }

    private static func members(_ begin: Begin) -> [JSON.Member] {
        let common: [JSON.Member] = [
            .init("event", "begin"), .init("chain", .string(begin.chain.description)), .init("validator", .string(begin.validator)),
            .init("head", .string(begin.head.description)),
        ]
        switch begin.module {
        case .software(let reason): return common + [.init("module", "software"), .init("reason", .string(reason))]
        case .tpm(let pcr, let register, let resets, let restarts):
            return common + [
                .init("module", "tpm"), .init("pcr", .integer(pcr)), .init("register", .string(register.description)),
                .init("resets", .integer(resets)), .init("restarts", .integer(restarts)),
            ]
        }
    }

    /// Reads a line, without its newline; nil unless it is a record in its one form.
    public init?(line: [UInt8]) {
        guard line.count <= Self.lineBytesMaximum, let json = try? JSON(parsing: line),
            let number = json.uint64("record"), let time = json.uint64("time_ms")
        else { return nil }
        let event: Event?
        switch json["event"]?.stringValue {
        case "begin": event = Self.begin(json).map(Event.begin)
        case "attested": event = Self.attested(json).map(Event.attested)
        default: event = nil
        }
        guard let event else { return nil }
        self.init(number: number, time: time, event: event)
        guard self.line == line else { return nil }
    }

    private static func begin(_ json: JSON) -> Begin? {
        guard let chain = json.digest("chain"), let validator = json["validator"]?.stringValue, let head = json.digest("head"),
            let module = module(json)
        else { return nil }
        return Begin(chain: chain, validator: validator, head: head, module: module)
    }

    private static func module(_ json: JSON) -> Module? {
        switch json["module"]?.stringValue {
        case "software":
            guard let reason = json["reason"]?.stringValue, reason.utf8.count <= reasonBytesMaximum else { return nil }
            return .software(reason: reason)
        case "tpm":
            guard let pcr = json.uint64("pcr"), pcr < 24, let register = json.digest("register"),
                let resets = json.uint64("resets").flatMap(UInt32.init(exactly:)),
                let restarts = json.uint64("restarts").flatMap(UInt32.init(exactly:))
            else { return nil }
            return .tpm(pcr: Int(pcr), register: register, resets: resets, restarts: restarts)
        default: return nil
        }
    }

    private static func attested(_ json: JSON) -> [Attestation]? {
        guard case .array(let list)? = json["checkpoints"], (1...checkpointsMaximum).contains(list.count) else { return nil }
        var checkpoints: [Attestation] = []
        for element in list {
            guard case .array(let pair) = element, pair.count == 2, case .number(let index) = pair[0], let number = UInt64(index),
                let digest = pair[1].stringValue.flatMap({ Digest(hex: $0) })
            else { return nil }
            checkpoints.append(Attestation(index: number, checkpoint: digest))
        }
        return checkpoints
    }
}

extension JSON {
    func uint64(_ name: String) -> UInt64? {
        if case .number(let digits)? = self[name] { UInt64(digits) } else { nil }
    }

    /// A digest of SHA-256.
    func digest(_ name: String) -> Digest? {
        self[name]?.stringValue.flatMap { Digest(hex: $0) }.flatMap { $0.count == 32 ? $0 : nil }
    }

    func hex(_ name: String) -> [UInt8]? { self[name]?.stringValue.flatMap { Hex.decode($0) } }
}

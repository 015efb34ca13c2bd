// Frames and the session: tampering, bounds, long messages, exhausted keys, and renewal of keys in the midst of traffic.

import Testing
import TrellisCrypto
import TrellisModel

@testable import TrellisTransport

@Suite struct PeerSessionTests {
    static let limit = 200_000

    /// The two ends of a channel, as a test carries frames between them.
    final class Pair {
        var dialer: PeerSession
        var listener: PeerSession

        init(_ parameters: RekeyParameters = RekeyParameters()) throws {
            let run = try Recorded(initiator: Fixture.context(0), responder: Fixture.context(1))
            dialer = PeerSession(keys: run.initiatorKeys, parameters: parameters, messageBytesMaximum: limit)
            listener = PeerSession(keys: run.responderKeys, parameters: parameters, messageBytesMaximum: limit)
        }

        func toListener(_ frame: Frame) throws(TransportError) -> PeerSession.Arrival {
            try listener.open(kind: frame.kind, body: frame.body)
        }

        func toDialer(_ frame: Frame) throws(TransportError) -> PeerSession.Arrival {
            try dialer.open(kind: frame.kind, body: frame.body)
        }
    }

    @Test func messagesArriveWholeAndInOrder() throws {
        let pair = try Pair()
        for size in [0, 1, 1000, FrameLayout.plaintextBytesMaximum] {
            let message = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
            #expect(try pair.toListener(pair.dialer.seal(.messageEnd, message)) == .message(message))
            #expect(try pair.toDialer(pair.listener.seal(.messageEnd, message)) == .message(message))
        }
        #expect(try pair.toListener(pair.dialer.seal(.messagePart, [1, 2])) == .piece)
        #expect(try pair.toListener(pair.dialer.seal(.ping)) == .ping)
        #expect(try pair.toListener(pair.dialer.seal(.messageEnd, [3])) == .message([1, 2, 3]))
    }

    @Test func aMessageBeyondTheLimitEndsTheConnection() throws {
        let pair = try Pair()
        let piece = [UInt8](repeating: 7, count: FrameLayout.plaintextBytesMaximum)
        for _ in 0..<3 { #expect(try pair.toListener(pair.dialer.seal(.messagePart, piece)) == .piece) }
        let fourth = try pair.dialer.seal(.messageEnd, piece)
        #expect(throws: TransportError.messageTooLong(limit: Self.limit)) { try pair.toListener(fourth) }
    }

    @Test func piecesWithoutBytesAreRefused() throws {
        let pair = try Pair()
        let empty = try pair.dialer.seal(.messagePart, [])
        #expect(throws: TransportError.messageTooLong(limit: Self.limit)) { try pair.toListener(empty) }
    }

    @Test func everyChangeOfAFrameIsNoticed() throws {
        let pair = try Pair()
        let frame = try pair.dialer.seal(.messageEnd, Array("a message".utf8))
        for index in frame.body.indices {
            var body = frame.body
            body[index] ^= 0x80
            #expect(throws: TransportError.frameNotAuthentic) { try pair.listener.open(kind: frame.kind, body: body) }
        }
        for kind in UInt8.min...UInt8.max where kind != frame.kind {
            #expect(throws: TransportError.self) { try pair.listener.open(kind: kind, body: frame.body) }
        }
        for count in 0..<frame.body.count {
            #expect(throws: TransportError.self) { try pair.listener.open(kind: frame.kind, body: Array(frame.body.prefix(count))) }
        }
        #expect(throws: TransportError.frameNotAuthentic) { try pair.listener.open(kind: frame.kind, body: frame.body + [0]) }
        #expect(try pair.toListener(frame) == .message(Array("a message".utf8)))
    }

    @Test func replayedReorderedAndReflectedFramesAreRefused() throws {
        let pair = try Pair()
        let first = try pair.dialer.seal(.messageEnd, [1])
        let second = try pair.dialer.seal(.messageEnd, [2])
        #expect(throws: TransportError.frameNotAuthentic) { try pair.toListener(second) }
        #expect(try pair.toListener(first) == .message([1]))
        #expect(throws: TransportError.frameNotAuthentic) { try pair.toListener(first) }
        #expect(throws: TransportError.frameNotAuthentic) { try pair.toDialer(first) }
    }

    @Test func lengthsAreCheckedBeforeAnythingIsAllocated() throws {
        #expect(try FrameLayout.check(length: 1, limit: 100) == 1)
        #expect(try FrameLayout.check(length: 100, limit: 100) == 100)
        for length in [0, 101, UInt32.max] {
            #expect(throws: TransportError.frameLengthRefused(length: Int(length), limit: 100)) {
                try FrameLayout.check(length: length, limit: 100)
            }
        }
        let pair = try Pair()
        let tooLong = [UInt8](repeating: 0, count: FrameLayout.plaintextBytesMaximum + 1)
        #expect(throws: TransportError.self) { try pair.dialer.seal(.messageEnd, tooLong) }
    }

    @Test func exhaustedKeysEndTheConnection() throws {
        let pair = try Pair(RekeyParameters(frames: 8, framesMaximum: 10))
        for count in UInt64(0)..<10 {
            #expect(pair.dialer.isRekeyDue == (count >= 8))
            _ = try pair.toListener(pair.dialer.seal(.ping))
        }
        #expect(!pair.listener.isRekeyDue)
        #expect(throws: TransportError.keysExhausted(frames: 10)) { try pair.dialer.seal(.ping) }
        #expect(throws: TransportError.keysExhausted(frames: 10)) { try pair.listener.open(kind: FrameKind.ping.rawValue, body: []) }
    }

    @Test func keysAreRenewedInTheMidstOfTraffic() throws {
        let pair = try Pair(RekeyParameters(frames: 8))
        var number: UInt8 = 0
        func traffic(_ pair: Pair) throws {
            number += 1
            #expect(try pair.toListener(pair.dialer.seal(.messageEnd, [number])) == .message([number]))
            #expect(try pair.toDialer(pair.listener.seal(.messageEnd, [number])) == .message([number]))
        }
        func carry(_ record: HandshakeRecord, _ pair: Pair, toListener: Bool) throws -> HandshakeRecord {
            let arrival =
                toListener
                ? try pair.toListener(pair.dialer.seal(.handshake, record.bytes))
                : try pair.toDialer(pair.listener.seal(.handshake, record.bytes))
            #expect(arrival == .handshake(record))
            return record
        }
        while !pair.dialer.isRekeyDue { try traffic(pair) }
        #expect(pair.listener.mayRekey(elapsed: .zero))
        var (dialing, hello) = try InitiatorHandshake.begin(context: Fixture.context(0), responder: 1)
        var listening = ResponderHandshake(context: try Fixture.context(1), expected: 0)
        let reply = try listening.receive(carry(hello, pair, toListener: true)).record
        try traffic(pair)
        let proof = try dialing.receive(carry(reply, pair, toListener: false)).record
        try traffic(pair)
        let answer = try listening.receive(carry(proof, pair, toListener: true)).record
        try traffic(pair)
        let (dialerKeys, confirmation) = try dialing.receive(carry(answer, pair, toListener: false)).result

        // Messages of the listener are under way under the old key while the dialer switches, and of the dialer under the new one.
        let underOld = try pair.listener.seal(.messageEnd, [101])
        let lastUnderOld = try pair.dialer.renew(dialerKeys, confirmation: confirmation)
        let underNew = try pair.dialer.seal(.messageEnd, [102])
        #expect(try pair.toDialer(underOld) == .message([101]))
        #expect(try pair.toListener(lastUnderOld) == .handshake(confirmation))
        guard case .finished(let listenerKeys, nil) = try listening.receive(confirmation) else {
            Issue.record("not finished")
            return
        }
        let alsoUnderOld = try pair.listener.seal(.messageEnd, [103])
        let switchFrame = try pair.listener.renew(listenerKeys)
        let alsoUnderNew = try pair.listener.seal(.messageEnd, [104])
        #expect(try pair.toListener(underNew) == .message([102]))
        #expect(try pair.toDialer(alsoUnderOld) == .message([103]))
        #expect(try pair.toDialer(switchFrame) == .keysRenewed)
        #expect(try pair.toDialer(alsoUnderNew) == .message([104]))
        #expect(pair.dialer.framesUnderKeys == 1)
        #expect(!pair.listener.mayRekey(elapsed: .zero))
        #expect(pair.listener.mayRekey(elapsed: .seconds(1800)))
        try traffic(pair)
    }

    @Test func aSwitchThatNobodyAskedForIsRefused() throws {
        let pair = try Pair()
        let frame = try pair.listener.seal(.switchKeys)
        #expect(throws: TransportError.rekeyRefused("no renewal is under way")) { try pair.toDialer(frame) }
        let empty = try pair.dialer.seal(.handshake, [])
        #expect(throws: TransportError.self) { try pair.toListener(empty) }
    }
}

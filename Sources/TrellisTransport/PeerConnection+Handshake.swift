// How a connection runs handshakes, the first and those that renew its keys: steps with public-key work on the worker threads, the
// rest in place. Lives on the network's event loop.

import NIOCore
import NIOPosix
import TrellisModel

extension PeerConnection {
    /// What a worker thread hands back.
    private struct Outcome: Sendable {
        let machine: HandshakeMachine
        let step: HandshakeStep
    }

    func beginHandshake(towards peer: ValidatorIndex) {
        let context = switchboard.handshake
        compute { () throws(HandshakeError) in
            let (machine, hello) = try InitiatorHandshake.begin(context: context, responder: peer)
            return Outcome(machine: .initiator(machine), step: .send(hello))
        }
    }

    func receiveInTheClear(kind: UInt8, body: [UInt8]) throws(TransportError) {
        do throws(HandshakeError) {
            try advance(try HandshakeRecord(kind: kind, body: body))
        } catch {
            throw .handshake(error)
        }
    }

    /// A handshake message inside the session.
    func receiveRekey(_ record: HandshakeRecord) throws(TransportError) {
        if let session, session.role == .responder, machine == nil, !isComputing {
            guard session.mayRekey(elapsed: .nanoseconds((NIODeadline.now() - keysSince).nanoseconds)) else {
                throw .rekeyRefused("the keys are too fresh")
            }
            machine = .responder(ResponderHandshake(context: switchboard.handshake, expected: session.peer))
            rearmHandshakeTimer()
        }
        do throws(HandshakeError) {
            try advance(record)
        } catch {
            throw .handshake(error)
        }
    }

    private func advance(_ record: HandshakeRecord) throws(HandshakeError) {
        guard !isComputing, var machine else { throw .unexpectedMessage(record.message.name) }
        // The confirmation costs one MAC, and the very next frame is under the keys that it confirms.
        if record.message == .confirmation {
            let step = try machine.receive(record)
            return apply(step)
        }
        self.machine = nil
        compute { [machine] () throws(HandshakeError) in
            var machine = machine
            let step = try machine.receive(record)
            return Outcome(machine: machine, step: step)
        }
    }

    private func compute(_ work: @escaping @Sendable () throws(HandshakeError) -> Outcome) {
        isComputing = true
        switchboard.workers.runIfActive(eventLoop: switchboard.loop) { try work() }
            .assumeIsolated()
            .whenComplete { result in
                self.isComputing = false
                guard !self.isClosed else { return }
                switch result {
                case .success(let outcome):
                    self.machine = outcome.machine
                    self.apply(outcome.step)
                case .failure(let error as HandshakeError): self.end(.handshake(error))
                case .failure: self.end(.stopped)
                }
                self.resume()
            }
    }

    private func apply(_ step: HandshakeStep) {
        do throws(TransportError) {
            switch step {
            case .send(let record):
                if let frame = try session?.seal(.handshake, record.bytes) { write(frame) } else { write(Frame(record)) }
            case .finished(let keys, let confirmation):
                machine = nil
                if session != nil { return try applyRenewal(keys, confirmation) }
                if let confirmation { write(Frame(confirmation)) }
                establish(keys)
            }
        } catch {
            end(error)
        }
    }

    // MARK: Renewing keys

    /// The keys are new: their life begins.
    func startKeyLife() {
        isRekeying = false
        keysSince = .now()
        rekeyTimer?.cancel()
        guard session?.role == .initiator else { return }
        rekeyTimer = switchboard.schedule(in: switchboard.configuration.rekey.interval) { self.beginRekey() }
    }

    func rekeyIfDue() {
        if let session, session.isRekeyDue { beginRekey() }
    }

    private func beginRekey() {
        guard let session, session.role == .initiator, !isRekeying, !isClosed else { return }
        isRekeying = true
        rearmHandshakeTimer()
        beginHandshake(towards: session.peer)
    }

    private func applyRenewal(_ keys: ChannelKeys, _ confirmation: HandshakeRecord?) throws(TransportError) {
        if let confirmation {
            if let frame = try session?.renew(keys, confirmation: confirmation) { write(frame) }
        } else {
            if let frame = try session?.renew(keys) { write(frame) }
            finishRekey()
        }
    }

    func finishRekey() {
        handshakeTimer?.cancel()
        switchboard.counters.update { $0.keysRenewed += 1 }
        startKeyLife()
    }
}

// The stdio transport: one message a line, answers on standard output and nothing else there. Requests run side by side and can be
// cancelled.

import Glibc
import NIOPosix
import TrellisJSON

/// One client on standard input and output.
public actor StdioSession {
    /// Requests at one time; more are refused until one ends.
    static let callsMaximum = 64

    private let server: MCPServer
    private let write: @Sendable ([UInt8]) -> Bool
    private var calls: [[UInt8]: Task<Void, Never>] = [:]

    /// `write` gives a line to the client, and false when nobody reads any more.
    init(server: MCPServer, write: @escaping @Sendable ([UInt8]) -> Bool) {
        self.server = server
        self.write = write
    }

    /// Serves until standard input ends and the calls in progress have ended.
    public static func run(_ server: MCPServer) async {
        signal(SIGPIPE, SIG_IGN)
        let session = StdioSession(server: server) { line in writeAll(line, to: STDOUT_FILENO) }
        var reader = LineReader(limit: MCPServer.messageBytesMaximum)
        while let bytes = await read(STDIN_FILENO), !bytes.isEmpty {
            for line in reader.feed(bytes) { await session.take(line) }
        }
        if let line = reader.end() { await session.take(line) }
        await session.finish()
    }

    /// Takes a line from the client.
    func take(_ line: LineReader.Line) {
        guard case .text(let bytes) = line else {
            return send(Fault.invalidRequest("more than \(MCPServer.messageBytesMaximum) bytes").answer())
        }
        do throws(Fault) {
            switch try Message(parsing: bytes) {
            case .request(let id, let method, let parameters): begin(id, method, parameters)
            case .notification("notifications/cancelled", let parameters):
                if let id = parameters["requestId"] { calls.removeValue(forKey: id.bytes)?.cancel() }
            case .notification, .response: break
            }
        } catch {
            send(error.answer())
        }
    }

    /// Waits for the calls in progress.
    func finish() async {
        while let (_, call) = calls.first { await call.value }
    }

    private func begin(_ id: JSON, _ method: String, _ parameters: JSON) {
        let key = id.bytes
        guard calls[key] == nil else { return send(Fault.invalidRequest("this id is in use").answer()) }
        guard calls.count < Self.callsMaximum else {
            return send(Fault(code: -32603, message: "\(Self.callsMaximum) calls are in progress: wait for one").answer(to: id))
        }
        calls[key] = Task {
            let answer = await server.answer(id: id, method: method, parameters)
            // Nobody waits for what was cancelled; another request may have its id by now.
            guard !Task.isCancelled else { return }
            calls[key] = nil
            send(answer)
        }
    }

    private func send(_ answer: JSON) {
        guard !write(answer.bytes + [UInt8(ascii: "\n")]) else { return }
        for call in calls.values { call.cancel() }
        calls = [:]
    }

    /// What can be read now; nothing at the end, nil when reading fails.
    private static func read(_ descriptor: Int32) async -> [UInt8]? {
        try? await NIOThreadPool.singleton.runIfActive {
            var bytes = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                return Array(bytes.prefix(max(count, 0)))
            }
        }
    }

    private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
